"""The question: its language, kind, words, time and filters; a follow-up made to stand alone."""
