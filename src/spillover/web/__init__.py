"""The desk: Spillover in the browser, on this machine only.

    desk       the folder: cases with their versions, runs, reports, the store;
               desk_files reads single files of it
    jobs       long work on record: what was asked, how far it is, what came of it
    pool       worker processes, spoken to in lines of JSON
    worker     the other end of that: one process, one piece of work at a time
    tasks      what a worker can do, by name; task_cases, task_sources, task_runs,
               task_forecasts do it, task_tools serves them
    security   who may ask: host, origin, token, size
    views      what a page shows, as plain values: HTML and its `.json` twin alike
    pages      the pages;  calls  the JSON API (call_bodies: what it takes and gives);
               app  both behind `security`
    serve      start it all

The server itself never loads the simulator: it stays small and answers at once. This
package must never import `cli`.
"""
