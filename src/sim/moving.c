/* SPDX-License-Identifier: MIT
 *
 * Hosts whose addresses really come and go, and the oracles of dynamic addresses (RFC 5061): nothing is sent from an address that
 * is gone, and in the end each side knows just those of the other's addresses that there are.
 */
#include "run.h"

#include "base/address.h"

void hw_moving_told(struct run *run, int host, uint32_t path, bool gone) {
    run->gone[path][host] = gone;
    for (uint32_t i = 0; i < run->plan->associations; i++) /* what it said of itself in set-up may be out of date */
        run->unsaid[path][host] |= !run->conversations[i].sides[host].up;
}

bool hw_moving_carries(struct run *run, const struct hawser_sim_packet *packet) {
    for (uint32_t path = 0; path < run->plan->paths; path++) {
        const struct hawser_address *own = &run->addresses[path][packet->host], *far = &run->addresses[path][!packet->host];
        if (run->gone[path][packet->host] && hw_address_same(own, &packet->local)) {
            hw_run_complain(run, "host %d sends from its address on path %u, which is gone", packet->host, path + 1);
            return false;
        }
        if (run->gone[path][!packet->host] && hw_address_same(far, &packet->remote))
            return false; /* there is nobody */
    }
    return true;
}

/* Which of the other's addresses does this side know? */
static void judge(struct side *side) {
    struct run *run = side->conversation->run;
    hawser *stack = hw_run_stack(run, side->host);
    bool known[HAWSER_SIM_PATHS_MAX] = {false};
    struct hawser_path_status path = HAWSER_INIT(path);
    if (!side->id || !side->up || side->ended || !stack)
        return;
    for (uint32_t i = 0; hawser_path_status(stack, side->id, i, &path) == 0; i++) {
        int number = hw_run_path(run, side->host, &path.remote);
        if (number < 0)
            hw_run_complain(run, "host %d knows an address that host %d never had", side->host, !side->host);
        else
            known[number] = true;
    }
    for (uint32_t i = 0; i < run->plan->paths; i++)
        if (known[i] == run->gone[i][!side->host] && !run->unsaid[i][!side->host])
            hw_run_complain(run, "host %d %s host %d's address on path %u, which is %s", side->host,
                            known[i] ? "still knows" : "does not know", !side->host, i + 1, known[i] ? "gone" : "there");
}

void hw_moving_judge(struct run *run) {
    for (uint32_t i = 0; run->plan->moving && i < run->plan->associations; i++)
        for (int host = 0; host < 2; host++)
            judge(&run->conversations[i].sides[host]);
}
