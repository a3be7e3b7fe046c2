"""The pipeline of one question: `chain` runs it; only a worker imports that."""
