"""How the tests run: hypothesis draws the same examples every time, and looks for new ones in `make fuzz`."""

import gc
import os
import signal

from hypothesis import HealthCheck, settings

# A shell that runs them in the background has them ignore interrupts, which some are about.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("default", deadline=None, derandomize=True, database=None)
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "500")),
    print_blob=True,
    # A round that draws large inputs on a loaded machine is slow, and that is not a finding.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Thirty thousand cases are there for good: the collector need not walk through them again and again."""
    gc.collect()
    gc.freeze()
