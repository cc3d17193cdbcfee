"""Labels: one PDF of many, against the bare drawing operators of their codes."""
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from app.documents import DeclaredItem, LabelData, PickLine, render
from app.documents.codes import floor_codes
from tests.bench.table import Row, rate, rounds


def label(n, total):
    return LabelData(
        our_no=f"HMKJ-261121-{n:05d}", tracking_no=f"0570-{n:08d}-BHWJ", channel_name="GoGo Xpress 菲律宾专线", carrier="GoGo Xpress",
        service="Standard", country_iso="PH", country_zh="菲律宾", country_en="Philippines", zone="3", sort_code=f"MNL-{n % 40:02d}",
        sender_lines=("HMKJ Trading", "Shenzhen 518057, China"), receiver_name=f"Maria Dela Cruz {n}", receiver_phone=f"+63917{n:07d}",
        address_lines=(f"Unit {n} Tower 2, Grass Residences", "Brgy. Sto. Cristo"), city="Quezon City", state="Metro Manila",
        postcode="1105",
        reference=f"OD26112100{n:05d}", order_no=f"2611210{n:07d}", printed_at=datetime(2026, 11, 21, 8, 0), weight_g=420,
        items=(DeclaredItem("Cotton T-shirt", "纯棉T恤", f"TS-{n % 300}", 2, Decimal("3.50"), "USD", 180, "610910"),),
        pick_lines=(PickLine(f"TS-{n % 300}-RED-L", 2, "红色 L码", f"A-01-{n % 60:02d}"),), sequence=n % total + 1, sequence_total=total)


def measure(*, labels=1000, repeat=5):
    """CPU seconds. Every round has its own numbers: the code cache would make a second round free for both."""
    batch = lambda n: [label(n * labels + i, labels) for i in range(labels)]      # noqa: E731
    texts = lambda n: [f"0571-{n:03d}{i:05d}-BHWJ" for i in range(labels)]      # noqa: E731
    batches, codes, sizes = [batch(n) for n in range(repeat)], [texts(n) for n in range(repeat)], []
    render([label(10 ** 7, 1)], "100x150")      # fonts are read once a process
    floor_codes(["0572-00000000-BHWJ"])
    before = memory()
    ours, floor = rounds(repeat, lambda n: sizes.append(len(render(batches[n], "100x150").pdf)), lambda n: floor_codes(codes[n]),
                         clock=time.process_time)
    note = f"PDF {sizes[-1] / 1e6:.1f} MB" + (f", {memory('VmHWM') - before:.0f} MB memory above idle (bar 150)" if before else "")
    return [Row(f"{labels:,} labels in one PDF", "–", rate(labels, ours), rate(labels, floor), "labels/CPU s", 0.12, 0.3, note)]


def memory(which="VmRSS"):
    """MB of this process now, or (VmHWM) at most since it was last asked for VmRSS; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    if which == "VmRSS":
        Path("/proc/self/clear_refs").write_text("5")       # sets the high-water mark back
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(which)) / 1024
