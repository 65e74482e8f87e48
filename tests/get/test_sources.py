"""GDELT, UCDP and ACLED from a server on this machine, and the verb itself."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile

import pytest
from typer.testing import CliRunner

from spillover.errors import InputError, RunError
from spillover.readers import get_acled as acled_module
from spillover.readers import get_ucdp as ucdp_module
from spillover.readers.get_acled import Login, get_acled, login_of
from spillover.readers.get_fetch import Policy, Refused
from spillover.readers.get_gdelt import get_gdelt
from spillover.readers.get_ucdp import get_ucdp, get_ucdp_file
from tests.get.server import Answer, as_json, md5, serving, zipped

QUICK = Policy(attempts=3, base_seconds=0.01, longest_seconds=0.05, timeout_seconds=2.0)
DAY = dt.date(2024, 10, 1)
SECRET = "s3cr3t-t0k3n"


# ---- GDELT ---------------------------------------------------------------------------


def test_gdelt_2_by_names(tmp_path):
    """96 files a day; one is not on the server, and is said."""
    gap = "20241001031500.export.CSV.zip"

    def script(r, k):
        name = r.path.rpartition("/")[2]
        return Answer(b"", 404) if name == gap else Answer(zipped(name))

    with serving(script) as server:
        got = get_gdelt(DAY, DAY, tmp_path, base=server.url, policy=QUICK)
        assert len(server.requests) == 96
        again = get_gdelt(DAY, DAY, tmp_path, base=server.url, policy=QUICK)
        assert len(server.requests) == 97  # only the gap is asked for again
    assert (len(got.files), got.fetched, got.absent) == (95, 95, (gap,))
    assert (len(again.files), again.fetched) == (95, 0)
    assert got.files[0].name == "20241001000000.export.CSV.zip"
    assert got.files[-1].name == "20241001234500.export.CSV.zip"
    assert "1 of 96 files are not on the server" in got.notes[0]


def test_gdelt_2_by_the_master_list(tmp_path):
    """Sizes and checksums of the list hold; other kinds and other days are left."""
    names = [f"2024100{d}0000{k:02d}.export.CSV.zip" for d in (1, 2) for k in (0, 15)]
    bodies = {n: zipped(n) for n in names}
    lines = [
        f"{len(b)} {md5(b)} http://data.example/gdeltv2/{n}" for n, b in bodies.items()
    ]
    lines.insert(
        1, f"9 {md5(b'')} http://data.example/gdeltv2/20241001000000.gkg.csv.zip"
    )
    lines.insert(2, "a line that is none")

    def script(r, k):
        name = r.path.rpartition("/")[2]
        if name == "masterfilelist.txt":
            return Answer("\n".join(lines).encode())
        return Answer(zipped("spoilt") if k == 0 and name == names[1] else bodies[name])

    with serving(script) as server:
        got = get_gdelt(DAY, DAY, tmp_path, master=True, base=server.url, policy=QUICK)
    assert [f.name for f in got.files] == names[:2]
    assert got.files[1].read_bytes() == bodies[names[1]]
    assert sum(r.path.endswith(names[1]) for r in server.requests) == 2


@pytest.mark.parametrize("listed", [True, False])
def test_gdelt_1(tmp_path, listed):
    bodies = {f"2024100{k}.export.CSV.zip": zipped(str(k)) for k in (1, 2)}

    def script(r, k):
        name = r.path.rpartition("/")[2]
        if name == "md5sums":
            text = "".join(f"{md5(b)}  {n}\n" for n, b in bodies.items())
            return Answer(text.encode()) if listed else Answer(b"", 404)
        return Answer(bodies[name])

    with serving(script) as server:
        got = get_gdelt(
            DAY, dt.date(2024, 10, 2), tmp_path, version=1, base=server.url, policy=QUICK
        )  # fmt: skip
    assert [f.name for f in got.files] == list(bodies)
    assert bool(got.notes) != listed


def test_gdelt_days_that_cannot_be(tmp_path):
    with pytest.raises(InputError, match="--to 2024-09-30 is before --from 2024-10-01"):
        get_gdelt(DAY, dt.date(2024, 9, 30), tmp_path)
    with pytest.raises(InputError, match="GDELT 2 has files by day from 2015-02-19 on"):
        get_gdelt(dt.date(2014, 1, 1), DAY, tmp_path)


# ---- UCDP ----------------------------------------------------------------------------


def ged(k):
    return {"id": k, "side_a": f"A{k}", "best": 1, "where_description": 'a "b", c'}


def ucdp_script(rows, size, *, trouble=()):
    """Pages of ``size`` rows; ``trouble`` maps a request number to a status."""

    def script(r, k):
        if r.headers.get("x-ucdp-access-token") != SECRET:
            return Answer(b"", 401)
        if k in trouble:
            return Answer(b"", 500)
        page = int(r.query["page"])
        part = rows[page * size : (page + 1) * size]
        count = -(-len(rows) // size)
        return as_json({"TotalCount": len(rows), "TotalPages": count, "Result": part})

    return script


def test_ucdp_pages_become_one_table(tmp_path):
    rows = [ged(k) for k in range(25)]
    with serving(ucdp_script(rows, 10, trouble={1})) as server:
        got = get_ucdp("24.1", tmp_path, SECRET, base=server.url, policy=QUICK)
    assert got.rows == 25
    assert [f.name for f in tmp_path.iterdir()] == ["ucdp-ged-24.1.csv"]
    with got.files[0].open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table[0]) == 49
    assert [r["id"] for r in table] == [str(k) for k in range(25)]
    assert table[3]["where_description"] == 'a "b", c'
    assert server.requests[0].path == "/api/gedevents/24.1"
    assert all(SECRET not in json.dumps(r.query) for r in server.requests)


def test_ucdp_goes_on_with_the_pages_it_has(tmp_path):
    rows = [ged(k) for k in range(25)]
    with serving(ucdp_script(rows, 10, trouble={2, 3, 4})) as server:
        with pytest.raises(RunError, match="gave up after 3 tries"):
            get_ucdp("24.1", tmp_path, SECRET, base=server.url, policy=QUICK)
        assert not list(tmp_path.glob("*.csv"))
        got = get_ucdp("24.1", tmp_path, SECRET, base=server.url, policy=QUICK)
    assert got.rows == 25
    assert [r.query["page"] for r in server.requests] == ["0", "1", "2", "2", "2", "2"]


def test_ucdp_a_release_that_changes_on_the_way_is_read_again(tmp_path):
    old, new = [ged(k) for k in range(20)], [ged(k) for k in range(21)]

    def script(r, k):
        return ucdp_script(old if k < 1 else new, 10)(r, k)

    with serving(script) as server:
        got = get_ucdp("24.1", tmp_path, SECRET, base=server.url, policy=QUICK)
    assert got.rows == 21


def test_ucdp_rows_that_are_missing_are_an_error(tmp_path):
    def script(r, k):
        return as_json({"TotalCount": 9, "TotalPages": 1, "Result": [ged(1), ged(1)]})

    with (
        serving(script) as server,
        pytest.raises(RunError, match="2 rows with 1 ids came, 9 were announced"),
    ):
        get_ucdp("24.1", tmp_path, SECRET, base=server.url, policy=QUICK)
    assert not list(tmp_path.glob("*.csv"))


def test_ucdp_fields_of_next_year_are_said(tmp_path):
    rows = [ged(1) | {"drone": 1}]
    with serving(ucdp_script(rows, 10)) as server:
        got = get_ucdp("24.1", tmp_path, SECRET, base=server.url, policy=QUICK)
    assert got.notes == ("fields that this version does not know were left out: drone",)


def test_ucdp_without_a_token_or_with_a_wrong_one(tmp_path):
    with pytest.raises(
        InputError, match="set UCDP_TOKEN; or fetch the release as a file"
    ):
        get_ucdp("24.1", tmp_path, "")
    with serving(ucdp_script([], 10)) as server, pytest.raises(Refused) as refused:
        get_ucdp("24.1", tmp_path, "wrong-token", base=server.url, policy=QUICK)
    assert "wrong-token" not in str(refused.value)
    with pytest.raises(InputError, match="is not a release"):
        get_ucdp("../x", tmp_path, SECRET)


def test_ucdp_as_a_file(tmp_path):
    with serving(lambda r, k: Answer(zipped("id,..."))) as server:
        got = get_ucdp_file("24.1", tmp_path, base=server.url, policy=QUICK)
    assert server.requests[0].path == "/downloads/ged/ged241-csv.zip"
    assert zipfile.ZipFile(io.BytesIO(got.files[0].read_bytes())).namelist() == [
        "a.csv"
    ]


def test_ucdp_columns_are_the_49():
    assert len(set(ucdp_module.COLUMNS.split())) == 49


# ---- ACLED ---------------------------------------------------------------------------


def acled_script(count, *, size, token=SECRET, expires_after=None):
    def script(r, k):
        if r.path == "/oauth/token":
            wanted = {"username": "me", "password": "pw-" + SECRET, "grant_type": "password", "client_id": "acled"}  # fmt: skip
            return (
                as_json({"access_token": token})
                if r.form == wanted
                else Answer(b"", 401)
            )
        if r.headers.get("authorization") != f"Bearer {token}" or k == expires_after:
            return Answer(b"", 401)
        first = (int(r.query["page"]) - 1) * size
        rows = [
            {"event_id_cnty": f"IRQ{i}"} for i in range(first, min(first + size, count))
        ]
        return as_json(
            {"status": 200, "success": True, "count": len(rows), "data": rows}
        )

    return script


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(acled_module, "PAGE", 10)


ME = Login("me", "pw-" + SECRET)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("count", [25, 20])
def test_acled_pages(tmp_path, count):
    with serving(acled_script(count, size=10)) as server:
        got = get_acled(
            "Iraq", DAY, dt.date(2024, 10, 31), tmp_path, ME, base=server.url,
            policy=QUICK, today=dt.date(2024, 11, 1),
        )  # fmt: skip
    assert got.rows == count
    kept = json.loads(got.files[0].read_text(encoding="utf-8"))
    assert (kept["accessed"], len(kept["data"])) == ("2024-11-01", count)
    assert got.files[0].name == "acled-iraq-2024-10-01-2024-10-31.json"
    asked = server.requests[1].query
    assert (asked["country"], asked["event_date"], asked["event_date_where"]) == (
        "Iraq", "2024-10-01|2024-10-31", "BETWEEN",
    )  # fmt: skip
    assert "may not be passed on" in got.notes[0]


@pytest.mark.usefixtures("small_pages")
def test_acled_a_token_that_runs_out_is_renewed_once(tmp_path):
    with serving(acled_script(25, size=10, expires_after=1)) as server:
        got = get_acled("Iraq", DAY, DAY, tmp_path, ME, base=server.url, policy=QUICK)
    assert got.rows == 25
    assert sum(r.path == "/oauth/token" for r in server.requests) == 2


def test_acled_no_rows_is_said(tmp_path):
    with serving(acled_script(0, size=10)) as server:
        got = get_acled("Irak", DAY, DAY, tmp_path, Login(token=SECRET), base=server.url, policy=QUICK)  # fmt: skip
    assert (got.rows, got.files) == (0, ())
    assert got.notes[0].startswith("no rows: a token does not mean access")
    assert not list(tmp_path.iterdir())


def test_acled_logins(tmp_path):
    assert login_of({"ACLED_TOKEN": SECRET}).token == SECRET
    assert SECRET not in repr(Login("me", SECRET, SECRET))
    with pytest.raises(InputError, match="set ACLED_USERNAME and ACLED_PASSWORD, or ACLED_TOKEN"):  # fmt: skip
        login_of({"ACLED_USERNAME": "me"})
    with serving(acled_script(1, size=10)) as server:
        for login, said in ((Login("me", "wrong-pw"), "refuses the name or the password"), (Login(token="wrong-pw"), "refuses the token: it lasts a day")):  # fmt: skip
            with pytest.raises(Refused, match=said) as refused:
                get_acled(
                    "Iraq", DAY, DAY, tmp_path, login, base=server.url, policy=QUICK
                )
            assert "wrong-pw" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"success": False, "error": "no access to this data"}, "ACLED says no: no access to this data"),
        ({"hello": 1}, 'the answer has no "data"'),
        ({"data": [{"event_id_cnty": "A"}, {"event_id_cnty": "A"}]}, "2 rows came with only 1 ids"),
    ],
)  # fmt: skip
def test_acled_odd_answers(tmp_path, answer, said):
    with (
        serving(lambda r, k: as_json(answer)) as server,
        pytest.raises(RunError, match=re.escape(said)),
    ):
        get_acled("Iraq", DAY, DAY, tmp_path, Login(token="x"), base=server.url, policy=QUICK)  # fmt: skip


# ---- the verb ------------------------------------------------------------------------


def run(*args, env=None):
    from spillover.cli.app import app

    return CliRunner().invoke(app, list(args), env=env or {})


def test_the_verb_prints_files_and_no_secret(tmp_path):
    with serving(ucdp_script([ged(1)], 10)) as server:
        env = {"UCDP_TOKEN": SECRET, "SPILLOVER_UCDP_URL": server.url}
        done = run("get", "ucdp", "--release", "24.1", "-o", str(tmp_path), env=env)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [str(tmp_path / "ucdp-ged-24.1.csv")]
    assert "1 file, 1 rows. Next: spillover import FILE..." in done.stderr
    assert SECRET not in done.output


def test_the_verb_as_json(tmp_path):
    days = ("--from", "2024-10-01", "--to", "2024-10-02")
    with serving(lambda r, k: Answer(zipped("x"))) as server:
        done = run("get", "gdelt", *days, "--v1", "-o", str(tmp_path), "--base", server.url, "--json")  # fmt: skip
    told = json.loads(done.stdout)
    assert (len(told["files"]), told["fetched"], told["absent"]) == (2, 2, [])


def test_the_verb_for_acled_takes_several_countries(tmp_path):
    days = ("--from", "2024-10-01", "--to", "2024-10-02")
    env = {"ACLED_TOKEN": SECRET}
    with serving(acled_script(3, size=10)) as server:
        done = run("get", "acled", "--country", "Iraq", "--country", "Syria", *days, "-o", str(tmp_path), "--base", server.url, env=env)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 2
    assert "Syria: ACLED's rows may not be passed on" in done.stderr
    assert SECRET not in done.output
