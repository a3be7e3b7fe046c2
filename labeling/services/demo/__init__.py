"""The demo projects: real items, honest guidelines, and labels of which a stated share is wrong.

What is true and what was made wrong is known here only: nothing of it is written into a project, so that finding the
wrong labels is real work, and how well that went can be measured.
"""

from labeling.services.demo.loading import create, find_demo, remove
from labeling.services.demo.plans import DEMOS, SEED, Demo, DemoItem, items, truth, wrong

__all__ = ["DEMOS", "SEED", "Demo", "DemoItem", "create", "find_demo", "items", "remove", "truth", "wrong"]
