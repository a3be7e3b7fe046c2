"""A person at work, through the real HTTP server: claims, answers, has second thoughts, never gives a save up."""

from __future__ import annotations

import random
import threading
import time
import traceback
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tests.chaos.ledger import Ledger, Save
from tests.chaos.line import Line, Tally
from tests.chaos.stage import LABELS, QUESTION, Person, Stage

IDLE = 0.3


@dataclass(frozen=True, slots=True)
class Habits:
    """How a person works; the shares are out of one."""

    batch: int = 6
    thinks: float = 0.08
    skips: float = 0.02
    drafts: float = 0.06
    takes_back: float = 0.04
    changes: float = 0.04
    resends: float = 0.06
    renews: float = 0.05
    releases: float = 0.03
    reopens: float = 0.03


class Client(threading.Thread):
    """One tab of one person."""

    def __init__(
        self,
        *,
        person: Person,
        alone: bool,
        stage: Stage,
        port: int,
        ledger: Ledger,
        tally: Tally,
        over: threading.Event,
        seed: int,
        habits: Habits | None = None,
    ) -> None:
        super().__init__(name=f"client-{seed}", daemon=True)
        self._person = person
        # Whoever has a second tab may be refused: the other one was faster.
        self._alone = alone
        self._stage = stage
        self._ledger = ledger
        self._over = over
        self._rng = random.Random(seed)
        self._habits = habits or Habits()
        self._line = Line(port=port, secret=person.secret, tally=tally, rng=self._rng)

    def run(self) -> None:
        """Work until told that it is over; then give back what is held."""
        try:
            while not self._over.is_set():
                worked = [self._sit_down(slug) for slug in self._rng.sample(self._stage.labeled, 2)]
                if not any(worked):
                    self._over.wait(IDLE)
            for slug in self._stage.labeled:
                self._line.send("POST", f"/api/projects/{slug}/claims/release/", {"tasks": []})
        except Exception:  # noqa: BLE001 - whatever it is, the run must say so
            self._ledger.fault(f"{self.name} gave up:\n{traceback.format_exc()}")
        finally:
            self._line.close()

    def _sit_down(self, slug: str) -> bool:
        """Claim some tasks and answer them; returns whether there were any."""
        wanted = {"count": self._rng.randint(1, self._habits.batch), "held": self._chance(self._habits.reopens)}
        claim = self._claim(slug, wanted)
        tasks = claim["tasks"]
        if not tasks:
            # What a lost answer handed out comes back to the one who holds it.
            tasks = self._claim(slug, wanted | {"held": True})["tasks"]
        if tasks and self._chance(self._habits.renews):
            self._renew(slug, [task["id"] for task in tasks])
        for task in tasks:
            if self._over.is_set():
                break
            if self._chance(self._habits.releases):
                self._line.send("POST", f"/api/projects/{slug}/claims/release/", {"tasks": [task["id"]]})
            else:
                self._answer(task, may_skip=slug == self._stage.slugs["once"])
        return bool(tasks)

    def _claim(self, slug: str, wanted: dict[str, Any]) -> dict[str, Any]:
        answer = self._line.send("POST", f"/api/projects/{slug}/claims/", wanted)
        if answer.status != HTTPStatus.OK:
            self._ledger.fault(f"a claim was refused: {answer}")
            return {"tasks": []}
        if answer.tries > 1:
            # An earlier try may have been granted, unheard.
            answer = self._line.send("POST", f"/api/projects/{slug}/claims/", wanted | {"held": True})
        claim: dict[str, Any] = answer.content
        return claim

    def _renew(self, slug: str, tasks: list[int]) -> None:
        answer = self._line.send("POST", f"/api/projects/{slug}/claims/renew/", {"tasks": tasks})
        if self._alone and answer.content.get("lost") != []:
            self._ledger.fault(f"person {self._person.pk} lost leases within their time: {answer}")

    def _answer(self, task: dict[str, Any], *, may_skip: bool) -> None:
        """Think, perhaps keep a draft, submit or skip, perhaps think again."""
        habits = self._habits
        version: int | None = (task["annotation"] or {}).get("version", 0)
        time.sleep(self._rng.uniform(0, 2 * habits.thinks))
        if self._chance(habits.drafts):
            version = self._save(task["id"], "draft", version)
        if may_skip and self._chance(habits.skips):
            self._save(task["id"], "skipped", version)
            return
        version = self._save(task["id"], "submitted", version)
        if self._chance(habits.takes_back):
            version = self._save(task["id"], "draft", version)
            version = self._save(task["id"], "submitted", version)
        if self._chance(habits.changes):
            self._save(task["id"], "submitted", version)

    def _save(self, task: int, state: str, version: int | None) -> int | None:
        """Save once, whatever it takes; returns the version, or None when another tab has the say."""
        if version is None:
            return None
        sent: dict[str, Any] = {"answers": {}, "state": state, "version": version, "lead_time_ms": 900}
        if state == "skipped":
            sent["skip_reason"] = "unclear"
        else:
            # People agree most of the time, so that labels settle with and without a conflict.
            choice = LABELS[task % 3] if self._chance(0.93) else self._rng.choice(LABELS)
            sent["answers"] = {QUESTION: choice}
        key = str(uuid.UUID(int=self._rng.getrandbits(128), version=4))
        path = f"/api/tasks/{task}/annotations/"
        self._ledger.begin(key)
        answer = self._line.send("POST", path, sent, key=key)
        if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            self._refused(key, answer)
            return None
        if answer.status == HTTPStatus.OK and answer.tries == 1:
            self._ledger.fault(f"a key that is new was taken for a repetition: {answer}")
        save = Save(key=key, person=self._person.pk, task=task, sent=sent, reply=answer.content)
        self._ledger.acknowledge(save, found_again=answer.status == HTTPStatus.OK)
        if self._chance(self._habits.resends):
            self._resend(path, save)
        made: int = answer.content["version"]
        return made

    def _refused(self, key: str, answer: Any) -> None:
        self._ledger.refuse(key)
        if answer.status != HTTPStatus.CONFLICT or self._alone:
            self._ledger.fault(f"person {self._person.pk} had a save refused: {answer}")

    def _resend(self, path: str, save: Save) -> None:
        again = self._line.send("POST", path, save.sent, key=save.key)
        self._ledger.replayed()
        if again.status != HTTPStatus.OK or again.content != save.reply:
            self._ledger.fault(f"key {save.key} sent again: {again}, and not {save.reply}")

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share
