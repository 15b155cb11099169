#include "nomem_support.h"

int nomem_told(int status, const struct lode_diag *diag)
{
    if (status != LODE_OK && (diag->status != status || diag->message[0] == 0))
        fail_msg("status %d, but the message is that of %d: '%s'", status, diag->status,
                 diag->message);
    return status;
}

/* Runs the call with an allocation failing; false when there was none left to fail. */
static bool run_failing(const struct nomem_call *call, long at, bool after)
{
    allocs_fail(at, after);
    const int status = call->run(call->arg);
    const bool failed = allocs_failed();
    allocs_stop();
    if (failed ? status != LODE_E_NOMEM && status != LODE_OK : status != LODE_OK)
        fail_msg("%s: allocation %ld%s: %d %s", call->name, at, after ? " and all after" : "",
                 status, lode_status_name(status));
    return failed;
}

void nomem_check(const struct nomem_call *call)
{
    assert_int_equal(call->run(call->arg), LODE_OK);
    for (int after = 0; after < 2; after++) {
        long at = 1;
        while (run_failing(call, at, after)) {
            if (++at % 5 == 0)
                assert_int_equal(call->run(call->arg), LODE_OK);
        }
    }
    assert_int_equal(call->run(call->arg), LODE_OK);
}
