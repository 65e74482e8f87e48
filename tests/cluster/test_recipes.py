"""The recipes of docs/cluster.md, as they stand there, on what can be had on one machine.

The manifest for Kubernetes against the schemas of Kubernetes, its commands as processes.
SLURM and SSH are real: a SLURM of our own, of one machine, with its own keys; an SSH
server of our own on three addresses of this machine. They need their packages, and SLURM
needs root, so they run at night: `pytest tests/cluster/test_recipes.py -m nightly`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cluster.md"
BIN = Path(sys.executable).parent
NUMBERS = ("results.npz", "outcomes.csv", "outcomes.json")
CASE = "strait-demo"
SIZE = ("--draws", "300", "--futures", "4", "--seed", "5")


def block(heading: str, language: str) -> str:
    """The first block of a language under a heading."""
    section = PAGE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```$", section, re.M | re.S)
    assert found, (heading, language)
    return found.group(1)


def manifest() -> dict[tuple[str, str], Any]:
    """The objects of the manifest by kind and name."""
    held = list(YAML(typ="safe").load_all(block("Kubernetes", "yaml")))
    return {(h["kind"], h["metadata"]["name"]): h for h in held}


def container(kind: str, name: str) -> dict[str, Any]:
    """The only container of a deployment or job."""
    (found,) = manifest()[kind, name]["spec"]["template"]["spec"]["containers"]
    return found


def numbers(folder: Path) -> dict[str, bytes]:
    """The files of a run that hold its numbers."""
    return {name: (folder / name).read_bytes() for name in NUMBERS}


def environment(**more: str) -> dict[str, str]:
    """That of this process, with the programs of this interpreter first."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **more}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The numbers of the same run in threads of one process."""
    out = tmp_path_factory.mktemp("here") / "run"
    subprocess.run(
        [BIN / "spillover", "simulate", CASE, *SIZE, "-q", "--out", out],
        check=True,
        capture_output=True,
    )
    return numbers(out)


# ---- Kubernetes ---------------------------------------------------------------------


def test_the_manifest_is_what_kubernetes_takes():
    kubernetes = pytest.importorskip("kubernetes_validate")
    held = manifest()
    assert len(held) == 5
    for one in held.values():
        kubernetes.validate(one, "1.27", strict=True)
    # A misspelt field is seen.
    spoilt = manifest()["Deployment", "spillover-workers"]
    spoilt["spec"]["template"]["spec"]["nodeSelektor"] = {}
    with pytest.raises(kubernetes.ValidationError, match="nodeSelektor"):
        kubernetes.validate(spoilt, "1.27", strict=True)


def test_parts_of_the_manifest_find_each_other():
    held = manifest()
    name = "spillover-scheduler"
    pods = held["Deployment", name]["spec"]["template"]["metadata"]["labels"]
    service = held["Service", name]["spec"]
    assert service["selector"].items() <= pods.items()
    (port,) = (p["port"] for p in service["ports"])
    for kind in ("Deployment", "Job"):
        for (k, n), one in held.items():
            if k != kind:
                continue
            spec = one["spec"]
            if kind == "Deployment":
                labels = spec["template"]["metadata"]["labels"]
                assert spec["selector"]["matchLabels"] == labels
            command = container(k, n)["command"]
            if n == name:
                assert str(port) in command
            else:
                assert f"tcp://{name}:{port}" in command
    job = held["Job", "spillover-iraq-2024"]["spec"]["template"]["spec"]
    (volume,) = job["volumes"]
    claim = volume["persistentVolumeClaim"]["claimName"]
    assert ("PersistentVolumeClaim", claim) in held
    (mount,) = container("Job", "spillover-iraq-2024")["volumeMounts"]
    assert mount["name"] == volume["name"]
    command = container("Job", "spillover-iraq-2024")["command"]
    kept = [w for w in command if w.startswith("/")]
    assert len(kept) == 2
    assert all(w.startswith(mount["mountPath"] + "/") for w in kept)


@pytest.mark.slow
def test_the_commands_of_the_manifest_run(tmp_path, here):
    """Each container's command as a process; names and folders are this machine's."""
    pytest.importorskip("distributed")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]

    def start(kind: str, name: str) -> subprocess.Popen[bytes]:
        one = container(kind, name)
        words = [
            w.replace("spillover-scheduler", "127.0.0.1")
            .replace("8786", str(port))
            .replace("/runs", str(tmp_path / "runs"))
            for w in one["command"]
        ]
        if words[0] == "spillover":
            words[words.index("iraq-2024")] = CASE
            words += [*SIZE, "-q"]  # the last of an option given twice counts
        given = {e["name"]: e["value"] for e in one.get("env", ())}
        given.pop("SPILLOVER_CACHE", None)  # compiled code is here already
        with (tmp_path / f"{kind}-{name}.log").open("ab") as log:
            return subprocess.Popen(
                [BIN / words[0], *words[1:]],
                stdout=log,
                stderr=log,
                env=environment(**given),
                start_new_session=True,
            )

    with contextlib.ExitStack() as stack:
        for kind, name in (
            ("Deployment", "spillover-workers"),  # first: they wait for the scheduler
            ("Deployment", "spillover-scheduler"),
            ("Deployment", "spillover-workers"),
        ):
            stack.callback(end, start(kind, name))
        command = start("Job", "spillover-iraq-2024")
        stack.callback(end, command)
        assert command.wait(300) == 0, (
            tmp_path / "Job-spillover-iraq-2024.log"
        ).read_text()
    assert numbers(tmp_path / "runs" / "iraq-2024") == here


def end(process: subprocess.Popen[bytes]) -> None:
    """A process and all it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


# ---- SLURM --------------------------------------------------------------------------


def test_the_script_for_slurm_is_a_script():
    done = subprocess.run(
        ["bash", "-n"], input=block("SLURM", "bash"), text=True, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, "")


class Slurm:
    """A SLURM of one machine with four processors, whatever it has; its own keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "job").mkdir()
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir(mode=0o700)
        key = folder / "munge" / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        name = socket.gethostname().split(".")[0]
        control, daemon = (free_port() for _ in range(2))
        (folder / "slurm.conf").write_text(
            f"""\
ClusterName=private
SlurmctldHost={name}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={daemon}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
NodeName={name} NodeAddr=127.0.0.1 CPUs=4 CoresPerSocket=4 RealMemory=8000 Feature=one-cpu-type
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
        )
        self.env = environment(SLURM_CONF=str(folder / "slurm.conf"))
        files = (
            f"--{n}={folder}/munge/{n.removesuffix('-file')}"
            for n in ("socket", "pid-file", "log-file", "seed-file")
        )
        with (folder / "daemons.log").open("ab") as log:
            self.daemons = [
                subprocess.Popen(words, env=self.env, stdout=log, stderr=log)
                for words in (
                    ["munged", "--foreground", "--force", f"--key-file={key}", *files],
                    ["slurmctld", "-D"],
                    ["slurmd", "-D"],
                )
            ]
        (folder / "job" / "job.sh").write_text(block("SLURM", "bash"))
        self.wait_for(lambda: "idle" in self.run("sinfo", "-h", "-o", "%t"), 60)

    def run(self, *words: str) -> str:
        done = subprocess.run(
            words,
            cwd=self.folder / "job",
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.stdout

    def submit(self, *options: str, of: tuple[str, ...]) -> str:
        """Two workers, the scheduler and the command; the number of the job."""
        words = ("--ntasks=4", "--mem-per-cpu=1200M", *options, "job.sh", *of)
        return self.run("sbatch", "--parsable", *words).strip()

    def state(self, job: str) -> str:
        found = re.search(r"JobState=(\w+)", self.run("scontrol", "show", "job", job))
        return found.group(1) if found else ""

    def said(self, job: str) -> str:
        return (self.folder / "job" / f"slurm-{job}.out").read_text("utf-8", "replace")

    def wait_for(self, what: Any, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, (self.folder / "daemons.log").read_text()
            time.sleep(0.5)

    def stop(self) -> None:
        self.run("scancel", "--user=root")
        for one in reversed(self.daemons):
            one.terminate()
            one.wait()


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    missing = [n for n in ("slurmctld", "slurmd", "munged") if shutil.which(n) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"needs root and {', '.join(missing) or 'nothing else'}")
    made = Slurm(tmp_path_factory.mktemp("slurm"))
    yield made
    made.stop()


@pytest.mark.nightly
def test_the_job_runs_under_slurm(slurm, here):
    """Two at once on one machine: each has a scheduler of its own."""
    jobs = [slurm.submit("--ntasks=4", of=(CASE, *SIZE, "-q")) for _ in range(2)]
    done = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT"}
    slurm.wait_for(lambda: all(slurm.state(j) in done for j in jobs), 400)
    for job in jobs:
        assert slurm.state(job) == "COMPLETED", slurm.said(job)
        assert numbers(slurm.folder / "job" / "runs" / job) == here


@pytest.mark.nightly
def test_a_job_near_its_time_limit_goes_on_later(slurm):
    """Told so by the signal SLURM sends then: queued again, on from what it kept."""
    assert "#SBATCH --signal=B:USR1@" in block("SLURM", "bash")
    size = ("--draws", "30000", "--futures", "20")
    job = slurm.submit("--time=60", of=("iraq-2024", *size))
    folder = slurm.folder / "job" / "runs" / ".unfinished" / job

    def pieces() -> int:
        return len(list(folder.rglob("*.part")))

    slurm.wait_for(lambda: pieces() > 3, 900)
    slurm.run("scancel", "--batch", "--signal=USR1", job)
    slurm.wait_for(lambda: slurm.state(job) == "PENDING", 120)
    kept = pieces()
    slurm.wait_for(
        lambda: slurm.state(job) == "RUNNING", 400
    )  # SLURM waits two minutes
    slurm.wait_for(lambda: slurm.state(job) in {"COMPLETED", "FAILED"}, 1500)
    assert slurm.state(job) == "COMPLETED", slurm.said(job)
    assert (slurm.folder / "job" / "runs" / job / "results.npz").is_file()
    assert f"The run went on from {kept:,} finished pieces" in slurm.said(job)


# ---- SSH ----------------------------------------------------------------------------


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """A server on three addresses of this machine; the options that reach it."""
    server = shutil.which("sshd")
    if server is None:
        pytest.skip("needs sshd")
    pytest.importorskip("paramiko")
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name],
            check=True,
        )
    port = free_port()
    (tmp_path / "conf").write_text(
        f"""\
Port {port}
ListenAddress 127.0.0.1
ListenAddress 127.0.0.2
ListenAddress 127.0.0.3
HostKey {tmp_path}/host
AuthorizedKeysFile {tmp_path}/user.pub
StrictModes no
PasswordAuthentication no
UsePAM no
"""
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with (tmp_path / "sshd.log").open("wb") as log:
        running = subprocess.Popen(
            [server, "-D", "-e", "-f", tmp_path / "conf"], stderr=log
        )
    yield ("--ssh-port", str(port), "--ssh-private-key", str(tmp_path / "user"))
    running.terminate()
    running.wait()


@pytest.mark.nightly
def test_one_line_starts_workers_over_ssh(tmp_path, ssh, here):
    found = re.search(r"^dask ssh (.*) host1 host2 host3$", PAGE.read_text(), re.M)
    assert found
    options = found.group(1).replace("--nworkers 8", "--nworkers 1").split()
    port = free_port()
    with (tmp_path / "dask.log").open("wb") as log:
        cluster = subprocess.Popen(
            [BIN / "dask", "ssh", *ssh, "--scheduler-port", str(port), *options,
             "127.0.0.1", "127.0.0.2", "127.0.0.3"],
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        end_of_wait = time.monotonic() + 60
        said = tmp_path / "dask.log"
        while said.read_text("utf-8", "replace").count("Registered to") < 3:
            assert time.monotonic() < end_of_wait, said.read_text("utf-8", "replace")
            time.sleep(0.5)
        subprocess.run(
            [BIN / "spillover", "simulate", CASE, *SIZE, "-q", "--cluster",
             f"tcp://127.0.0.1:{port}", "--out", tmp_path / "run"],
            check=True, timeout=300,
        )  # fmt: skip
    finally:
        os.killpg(cluster.pid, signal.SIGINT)
        cluster.wait(60)
    assert numbers(tmp_path / "run") == here
