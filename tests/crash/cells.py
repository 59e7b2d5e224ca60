"""The fault matrix's cells that are not in `test_fault_matrix.py`: where each is shown."""

from __future__ import annotations

_DEVHOST = "tests/integration/devhost"
ELSEWHERE = {
    "host: five tries, then poison": f"{_DEVHOST}/test_triggers.py::test_a_blob_that_fails_five_times_is_poison",
    "host: the poison handler": "tests/unit/pipeline/test_poisoned.py::test_a_blob_whose_event_failed_is_taken_in",
    "host: past-due timer after an outage": f"{_DEVHOST}/test_processes.py::test_a_missed_firing_is_made_up_for_once",
    "host: a timer does not overlap": f"{_DEVHOST}/test_triggers.py::test_a_timer_fires_but_never_beside_itself",
    "host: SIGTERM drains": f"{_DEVHOST}/test_processes.py::test_a_stop_lets_running_functions_finish",
    "host: function time-out": f"{_DEVHOST}/test_processes.py::test_a_function_beyond_its_time_limit_ends_its_process",
    "property: any interleaving and kills": "tests/crash/test_machine.py::TestHosts",
    "property: hosts at once": "tests/crash/test_interleaving.py::"
    "test_hosts_at_once_lose_nothing_and_pay_nothing_twice",
    "load: poll cost per job": "tests/unit/pipeline/test_poll.py::"
    "test_a_round_makes_one_list_request_for_a_hundred_running_jobs_and_one_more",
}
