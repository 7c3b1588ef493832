"""Which calls of an experiment have ended: a bit for each, so that 800,000 take 100 kB."""

from collections.abc import Iterable


class Done:
    """Calls by prompt number, repeat and slot."""

    def __init__(self, repeats: int, slots: int, ended: Iterable[tuple[int, int, int]] = ()) -> None:
        self._repeats, self._slots = repeats, slots
        self._bits = bytearray()
        for call in ended:
            self.add(*call)

    def add(self, number: int, repeat: int, slot: int) -> None:
        """This call has ended."""
        byte, bit = divmod(self._place(number, repeat, slot), 8)
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1024 - len(self._bits)))
        self._bits[byte] |= 1 << bit

    def has(self, number: int, repeat: int, slot: int) -> bool:
        """Whether it has."""
        byte, bit = divmod(self._place(number, repeat, slot), 8)
        return byte < len(self._bits) and bool(self._bits[byte] >> bit & 1)

    def _place(self, number: int, repeat: int, slot: int) -> int:
        return (number * self._repeats + repeat) * self._slots + slot
