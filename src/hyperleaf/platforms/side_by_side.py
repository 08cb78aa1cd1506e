"""Things that do not rest on each other are worked at side by side, a few at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Made = TypeVar("Made")
_AT_ONCE: Final = 4


def side_by_side(
    items: Sequence[Item],
    may_begin: Callable[[Item, Sequence[Item]], bool],
    work: Callable[[Item], Made],
    take: Callable[[Item, Made | BaseException], None],
) -> None:
    """Work at every item that may begin, each in a thread, and take up how it ended in this one.

    `may_begin` is asked with what stands before an item, or is begun, and has not ended. What no
    longer may begin when nothing goes on is left. Whoever interrupts leaves threads that end with
    the process: whatever these do may be cut off at any point.
    """
    waiting, running = list(range(len(items))), list[int]()
    ended: SimpleQueue[tuple[int, Made | BaseException]] = SimpleQueue()

    def run(number: int) -> None:
        try:
            ended.put((number, work(items[number])))
        except BaseException as error:  # noqa: BLE001 - taken up by the thread that waits
            ended.put((number, error))

    while True:
        for number in list(waiting):
            before = [items[one] for one in (*running, *waiting[: waiting.index(number)])]
            if len(running) < _AT_ONCE and may_begin(items[number], before):
                waiting.remove(number)
                running.append(number)
                threading.Thread(target=run, args=(number,), daemon=True).start()
        if not running:
            return
        number, came = ended.get()
        running.remove(number)
        take(items[number], came)


@dataclass(slots=True)
class Heard:
    """Passes on what threads say, one after the other, until the one that listens is gone."""

    hearer: Callable[[object], object]
    is_over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, said: object) -> None:
        """Pass something on."""
        with self.lock:
            if not self.is_over:
                self.hearer(said)
