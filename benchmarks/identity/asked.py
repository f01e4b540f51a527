"""Every question in the order in which the table answers them."""

from __future__ import annotations

from benchmarks.identity import history, name_pairs, questions, scale

QUESTIONS = [*questions.QUESTIONS, name_pairs.QUESTION, history.QUESTION, *scale.QUESTIONS]
