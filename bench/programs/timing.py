"""What a program that ends by itself tells: how often it did its work, in what time, with how much of its core."""

import json
import time


class Watch:
    """Time since it was made: that of the clock, and what this process had of its core."""

    def __init__(self):
        self._used, self._begun = time.process_time(), time.perf_counter()

    @property
    def seconds(self):
        return time.perf_counter() - self._begun

    def tell(self, count):
        print(json.dumps({"count": count, "seconds": self.seconds, "cpu": time.process_time() - self._used}))


class Timing:
    """`while timing.goes_on(): ...` warms up for half of the seconds, then begins to count anew, for all of them."""

    def __init__(self, seconds):
        self._seconds = seconds
        self._warming_up = True
        self._begin()

    def _begin(self):
        self.count = 0
        self._watch = Watch()

    def goes_on(self):
        if self._warming_up and self._watch.seconds >= self._seconds / 2:
            self._warming_up = False
            self._begin()
        return self._warming_up or self._watch.seconds < self._seconds

    def tell(self):
        self._watch.tell(self.count)
