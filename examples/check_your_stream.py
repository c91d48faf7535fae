"""A stream of one's own, and its check against the rules of all streams: `python examples/check_your_stream.py`."""

import nodestream
from nodestream import Readable, Transform
from nodestream.testing import ContractViolation, check_duplex, check_readable


class Countdown(Readable):
    """Counts down to zero, a number on each line."""

    def __init__(self, start, **options):
        super().__init__(**options)
        self.next = start

    def _read(self, size):
        if self.next < 0:
            self.push(None)
        else:
            self.push(f"{self.next}\n")
            self.next -= 1


class Upper(Transform):
    """Makes letters large."""

    def _transform(self, chunk, encoding, callback):
        callback(None, chunk.upper())


class Impatient(Countdown):
    """Says that it has ended before it has."""

    @property
    def readable_ended(self):
        return self.next < 0


async def main():
    await check_readable(lambda: Countdown(3), expected=b"3\n2\n1\n0\n")
    await check_duplex(lambda: Upper(high_water_mark=16), transformed=bytes.upper)
    print("Countdown and Upper keep all rules.")
    try:
        await check_readable(lambda: Impatient(3), expected=b"3\n2\n1\n0\n")
    except ContractViolation as violation:
        print(violation)


if __name__ == "__main__":
    nodestream.run(main)
