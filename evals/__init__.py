"""Evaluate a change: cases → answers → scores → comparison → verdict.

runner.run   the path, and the place to begin reading; session prepares what it takes
cases/       what is asked, with gold evidence as (file id, quote); linting, drafts from feedback, labelling
engines/     who answers: the assistant, recorded replies, other systems
log/         the append-only log of every answer, from which a killed run goes on
metrics/     the scores of a reply: a value, n/a or an error; the stage that failed; a model as judge
gate/        whether something broke, and how sure that is
report/      text, HTML, JUnit and annotations, notebooks
cli/         `isnad eval`
"""
