"""A task that sleeps until somebody wakes it. One task at a time can sleep in a Sleeper."""

from __future__ import annotations

import trio


class Sleeper:
    """Where one task sleeps."""

    __slots__ = ("_task",)

    def __init__(self) -> None:
        self._task: trio.lowlevel.Task | None = None

    @trio.lowlevel.enable_ki_protection  # between the two, an interrupt would leave somebody here who does not sleep
    async def sleep(self) -> None:
        """Sleep until wake(), or until cancelled."""
        self._task = trio.lowlevel.current_task()

        def abort(_: object) -> trio.lowlevel.Abort:
            self._task = None
            return trio.lowlevel.Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)

    def wake(self) -> bool:
        """Let the task go on; whether there was one."""
        task, self._task = self._task, None
        if task is None:
            return False
        trio.lowlevel.reschedule(task)
        return True
