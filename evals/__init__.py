"""Evals before a prompt changes: cases → answers → scores → a comparison with the baseline → a verdict with an exit code.

evals.runner.run      the path, and the place to begin reading
cases, lint           what is asked, with gold evidence as (file id, quote)
engines, runlog       who answers, and the append-only log of every answer, from which a killed run goes on
matching … scoring    what an answer is worth: a value, n/a or an error
gate                  whether something broke, and how sure that is (plan, suspects, population, stats)
outlook               what a run would take, before anything is asked
report, continuous    the HTML file; JUnit, step summary and annotations
judge, calibrate      a model as judge, and how far it may be trusted
"""
