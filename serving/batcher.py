"""Concurrent calls of one signature, merged while another runs.

A call starts at once if none is running, so that a lone one waits for nobody. Those that come while
one runs are taken together when it ends (adaptive batching: Crankshaw et al. 2017, "Clipper", NSDI;
here the running call takes the place of their batch delay). There is no thread: the first of those
that wait runs the merged call in its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from serving.deadline import current_deadline
from serving.merging import merged, padded_cells, part, rows
from serving.signatures import Arrays, Shapes

Run = Callable[[Arrays, Shapes], Arrays]
"""Inputs and the shapes of the outputs to the outputs."""

MOST_PADDING = 2.0
"""Values in a merged call, padding included, for each value in the calls: a person's request is not
made as large as that of eight who watch together."""


class _Call:
    """One caller's part.

    Attributes:
        turn: What its thread waits for: the calls that it shall run, itself the first, or None
            once another thread has run it.
        outputs: Its outputs; None: it was not run, or the merged call failed.
    """

    def __init__(self, inputs: Arrays, shapes: Shapes) -> None:
        self.inputs, self.shapes = inputs, shapes
        self.rows = rows(inputs)
        self.deadline = current_deadline()
        self.turn: Future[list[_Call] | None] = Future()
        self.outputs: Arrays | None = None


class Batcher:
    """Runs one call at a time, merging those that wait; safe to call from several threads."""

    def __init__(self, run: Run, most_rows: int) -> None:
        """Begins idle.

        Args:
            run: Runs the signature; every output's first axis is the batch.
            most_rows: Rows of a merged call; a call that has more is run by itself.
        """
        self._run = run
        self._most_rows = most_rows
        self._lock = threading.Lock()
        self._running = False
        self._waiting: list[_Call] = []

    def __call__(self, inputs: Arrays, shapes: Shapes) -> Arrays:
        """The outputs of one call, as if it were alone.

        Raises:
            RequestError: Its deadline passed while it waited.
            Exception: What `run` raises of this call alone; another's error is not its own.
        """
        call = _Call(inputs, shapes)
        with self._lock:
            if self._running:
                self._waiting.append(call)
            else:
                self._running = True
                call.turn.set_result([call])
        batch = self._turn(call)
        if batch is not None:
            try:
                self._lead(batch)
            finally:
                self._hand_over()
        if call.outputs is None:
            call.deadline.check()
            return self._run(inputs, shapes)
        return call.outputs

    def _turn(self, call: _Call) -> list[_Call] | None:
        """Waits until the call has been run or shall run others, but not beyond its deadline."""
        left = call.deadline.left
        try:
            return call.turn.result(min(left, threading.TIMEOUT_MAX))
        except TimeoutError:
            with self._lock:
                if call in self._waiting:
                    self._waiting.remove(call)
                elif call.turn.done():
                    return call.turn.result()  # it came in this very moment
            raise call.deadline.passed() from None

    def _lead(self, batch: list[_Call]) -> None:
        """Runs a batch; where it fails, everyone of several tries again alone."""
        first = batch[0]
        if len(batch) == 1:
            first.outputs = self._run(first.inputs, first.shapes)
            return
        try:
            outputs = self._run(merged([call.inputs for call in batch]), first.shapes)
            start = 0
            for call in batch:
                call.outputs = part(outputs, start, call.shapes)
                start += call.rows
        except Exception:  # whose error it is shows when each is run alone
            for call in batch:
                call.outputs = None
        finally:
            for call in batch[1:]:
                call.turn.set_result(None)

    def _hand_over(self) -> None:
        """Lets the next ones run, or nobody."""
        with self._lock:
            batch = self._next()
            self._running = bool(batch)
        if batch:
            batch[0].turn.set_result(batch)

    def _next(self) -> list[_Call]:
        """Takes from the head of the queue what fits together; nobody is overtaken."""
        batch: list[_Call] = []
        while self._waiting and self._fits(batch, self._waiting[0]):
            call = self._waiting.pop(0)
            if call.deadline.left:
                batch.append(call)
            else:
                call.turn.set_result(None)
        return batch

    def _fits(self, batch: list[_Call], call: _Call) -> bool:
        if not batch:
            return True
        together = [*batch, call]
        if set(call.shapes) != set(batch[0].shapes):
            return False
        if sum(each.rows for each in together) > self._most_rows:
            return False
        cells = sum(value.size for each in together for value in each.inputs.values())
        return padded_cells([each.inputs for each in together]) <= MOST_PADDING * cells
