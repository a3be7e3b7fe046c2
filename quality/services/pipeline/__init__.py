"""The pipeline: one chain of steps per project and question."""

from quality.services.pipeline.chain import KIND, run_chain

__all__ = ["KIND", "run_chain"]
