/* SPDX-License-Identifier: MIT
 *
 * The oracles: what must hold while a run goes on, when its associations have ended, and when all is quiet. They look at the
 * stacks through the public headers and the core's own checks, and at what the flows have noted.
 */
#include "run.h"
#include <stdlib.h>

#define LOOKED_AT    8u           /* conversations a time */
#define TABLES_SLACK (256u << 10) /* tables and pools of a stack grow and stay, RFC or not */

void hw_oracle_begin(struct run *run, int host) {
    run->baseline[host] = hawser_memory(hw_run_stack(run, host));
}

/* ---- at any time ---------------------------------------------------------------------------------------------- */

static int64_t setting(hawser *stack, hawser_id id, int number) {
    int64_t value = 0;
    hawser_get(stack, id, 0, number, &value);
    return value;
}

static void watch_side(struct side *side) {
    struct run *run = side->conversation->run;
    hawser *stack = hw_run_stack(run, side->host);
    struct hawser_status status = HAWSER_INIT(status);
    if (!side->id || !stack)
        return;
    int error = hawser_status(stack, side->id, &status);
    if (error) {
        hw_run_complain(run, "host %d: status of a living association: %s", side->host, hawser_error_text(error));
        return;
    }
    uint64_t memory_max = (uint64_t)setting(stack, side->id, HAWSER_SET_MEMORY_MAX);
    uint64_t receive_buffer = (uint64_t)setting(stack, side->id, HAWSER_SET_RECEIVE_BUFFER);
    uint64_t send_buffer = (uint64_t)setting(stack, side->id, HAWSER_SET_SEND_BUFFER);
    if (status.memory > memory_max + 8192) /* the association itself is not counted by the ceiling */
        hw_run_complain(run, "host %d: an association holds %llu bytes of at most %llu", side->host,
                        (unsigned long long)status.memory, (unsigned long long)memory_max);
    /* one chunk may lie over the edge, and a quarter of the buffer is for holes in what came already */
    uint64_t inbox_max = receive_buffer + receive_buffer / 4 + UINT16_MAX + 256;
    if (status.inbox_bytes > inbox_max)
        hw_run_complain(run, "host %d: the inbox has %llu bytes, the buffer %llu", side->host,
                        (unsigned long long)status.inbox_bytes, (unsigned long long)receive_buffer);
    if (status.a_rwnd > receive_buffer)
        hw_run_complain(run, "host %d: a window of %u for a buffer of %llu", side->host, status.a_rwnd,
                        (unsigned long long)receive_buffer);
    bool resized = run->plan->fidget != 0; /* the buffer may have been made smaller */
    if (!resized && status.queued_bytes > send_buffer + 2 * (uint64_t)side->out->spec->size_max + 4096)
        hw_run_complain(run, "host %d: %llu bytes are queued, the send buffer has %llu", side->host,
                        (unsigned long long)status.queued_bytes, (unsigned long long)send_buffer);
    hw_oracle_times(side, status.path_count);
    if (status.state >= HAWSER_ESTABLISHED && status.a_rwnd == 0 && status.inbox_bytes)
        run->result->seen |= HAWSER_SIM_SEEN_ZERO_WINDOW;
}

static void watch_stack(struct run *run, int host) {
    hawser *stack = hw_run_stack(run, host);
    if (!stack)
        return;
    const char *wrong = hawser_check(stack);
    if (wrong)
        hw_run_complain(run, "host %d: check: %s", host, wrong);
    uint64_t held = hawser_memory(stack), max = run->plan->memory_max ? run->plan->memory_max : (uint64_t)1 << 30;
    if (held > max)
        hw_run_complain(run, "host %d: the stack holds %llu bytes of at most %llu", host, (unsigned long long)held,
                        (unsigned long long)max);
    uint64_t given = hawser_sim_ledger(run->sim, host)->bytes;
    if (given > held + 65536) /* but for the stack's own struct every byte is accounted */
        hw_run_complain(run, "host %d: the stack says that it holds %llu bytes, but it was given %llu", host,
                        (unsigned long long)held, (unsigned long long)given);
}

void hw_oracle_watch(struct run *run, bool deeply) {
    uint32_t count = run->plan->associations;
    for (int host = 0; host < 2 && deeply; host++)
        watch_stack(run, host);
    hw_oracle_wait(run, hawser_sim_now(run->sim));
    for (uint32_t i = 0; i < LOOKED_AT && i < count; i++) {
        uint32_t which = count <= LOOKED_AT ? i : (uint32_t)hawser_sim_dice_below(&run->dice, count);
        watch_side(&run->conversations[which].sides[0]);
        watch_side(&run->conversations[which].sides[1]);
    }
    const char *wrong = hawser_sim_complaint(run->sim);
    if (wrong)
        hw_run_complain(run, "%s", wrong);
}

/* ---- after all have ended ------------------------------------------------------------------------------------- */

static void judge_flow(struct run *run, const struct conversation *conversation, int from) {
    const struct flow *flow = &conversation->flows[from];
    const struct hawser_sim_plan *plan = run->plan;
    if (hw_run_short_of_memory(run))
        return;
    uint32_t missing = hw_flow_missing(flow);
    if (missing)
        hw_run_complain(run, "%u of %u messages from host %d were neither delivered nor given back", missing, flow->next, from);
    if (plan->whole && flow->reported && !flow->spec->mortal && !flow->spec->partial)
        hw_run_complain(run, "%u messages from host %d were given back as failed", flow->reported, from);
    if (plan->complete && flow->next < flow->spec->messages)
        hw_run_complain(run, "host %d could send only %u of %u messages", from, flow->next, flow->spec->messages);
}

static void judge_counts(struct run *run) {
    const struct hawser_sim_plan *plan = run->plan;
    uint64_t accepted[2] = {0, 0}, delivered[2] = {0, 0}, bytes[2] = {0, 0};
    if (run->restarts || run->ghosts || hw_run_short_of_memory(run) || !plan->whole)
        return;
    for (uint32_t i = 0; i < plan->associations; i++)
        for (int from = 0; from < 2; from++) {
            accepted[from] += run->conversations[i].flows[from].next;
            delivered[from] += run->conversations[i].flows[from].delivered;
            bytes[from] += run->conversations[i].flows[from].bytes;
        }
    for (int from = 0; from < 2; from++) {
        if (plan->flows[from].partial)
            continue; /* parts of messages that were given up were taken, too */
        uint64_t out = hawser_counter(hw_run_stack(run, from), 0, HAWSER_COUNT_OutMessages);
        uint64_t in = hawser_counter(hw_run_stack(run, !from), 0, HAWSER_COUNT_InMessages);
        uint64_t in_bytes = hawser_counter(hw_run_stack(run, !from), 0, HAWSER_COUNT_InBytes);
        bool reneged = hawser_counter(hw_run_stack(run, !from), 0, HAWSER_COUNT_Reneged) != 0; /* then some came twice */
        if (out != accepted[from] || in != delivered[from] || (reneged ? in_bytes < bytes[from] : in_bytes != bytes[from]))
            hw_run_complain(run,
                            "from host %d: %llu messages were sent, OutMessages is %llu; %llu delivered, InMessages is %llu; "
                            "%llu bytes, InBytes is %llu",
                            from, (unsigned long long)accepted[from], (unsigned long long)out,
                            (unsigned long long)delivered[from], (unsigned long long)in, (unsigned long long)bytes[from],
                            (unsigned long long)in_bytes);
    }
}

const char *hawser_sim_seen_name(int bit) {
    static const char *const names[HAWSER_SIM_SEEN_COUNT] = {
        "a retransmission",   "a fast retransmit",  "a time-out",           "a checksum error",
        "a duplicate",        "a path going down",  "a path coming back",   "a restart",
        "a partial delivery", "a zero window",      "a full send buffer",   "a failed message",
        "a packet too big",   "a reordered packet", "a fragmented message", "data on a second path",
        "an ECN reduction",   "a zero checksum",    "a message given up",   "a reconfiguration",
        "AUTH",               "a key deleted",      "an address changed",   "I-DATA",
        "a larger path MTU",  "a failing path",
    };
    return bit >= 0 && bit < HAWSER_SIM_SEEN_COUNT ? names[bit] : NULL;
}

static void judge_seen(struct run *run) {
    for (int bit = 0; bit < HAWSER_SIM_SEEN_COUNT; bit++)
        if (run->plan->must_see & ~run->result->seen & 1u << bit)
            hw_run_complain(run, "the scenario ran without %s: it shows nothing", hawser_sim_seen_name(bit));
}

/* Every packet must have been worth something: data, its acknowledgements, a few for each association, probes with time. */
static void judge_packets(struct run *run) {
    const struct hawser_sim_plan *plan = run->plan;
    uint64_t messages = 0, bytes = 0;
    for (uint32_t i = 0; i < plan->associations; i++)
        for (int from = 0; from < 2; from++) {
            messages += run->conversations[i].flows[from].next;
            bytes += run->conversations[i].flows[from].bytes;
        }
    uint64_t seconds = (hawser_sim_now(run->sim) - run->start) / 1000000 + 1;
    uint64_t bound = 1000 + plan->associations * (200 + seconds * plan->paths * 8) + 8 * (messages + bytes / 400);
    if (plan->fidget) /* heartbeats that somebody asked for */
        bound += plan->associations * 4 * (hawser_sim_now(run->sim) - run->start) / plan->fidget;
    if (plan->reconfigure) /* each asked for, answered, and asked for again */
        bound += plan->associations * 20 * (hawser_sim_now(run->sim) - run->start) / plan->reconfigure;
    if (hawser_sim_packets(run->sim) > bound)
        hw_run_complain(run, "%llu packets for %llu messages, %llu bytes, in %llu s: more than %llu",
                        (unsigned long long)hawser_sim_packets(run->sim), (unsigned long long)messages, (unsigned long long)bytes,
                        (unsigned long long)seconds, (unsigned long long)bound);
}

void hw_oracle_ended(struct run *run) {
    const struct hawser_sim_plan *plan = run->plan;
    for (uint32_t i = 0; i < plan->associations && !run->complained; i++) {
        const struct conversation *conversation = &run->conversations[i];
        for (int host = 0; host < 2; host++) {
            judge_flow(run, conversation, host);
            if (plan->whole && !hw_run_short_of_memory(run) && !conversation->sides[host].ever)
                hw_run_complain(run, "association %u never came up at host %d", i, host);
        }
    }
    for (int host = 0; host < 2 && !hw_run_short_of_memory(run); host++) {
        uint32_t other = run->result->reasons[host] & ~plan->reasons[host];
        for (unsigned reason = 0; reason < 32; reason++)
            if (other & HAWSER_SIM_REASON(reason))
                hw_run_complain(run, "host %d: an association ended for reason %u, which the plan does not allow", host, reason);
    }
    judge_counts(run);
    judge_packets(run);
    if (run->loans)
        hw_run_complain(run, "%llu lent buffers did not come back", (unsigned long long)run->loans);
}

/* ---- at the very end ------------------------------------------------------------------------------------------ */

void hw_oracle_quiet(struct run *run) {
    for (int host = 0; host < 2; host++) {
        hawser *stack = hw_run_stack(run, host);
        if (!stack)
            continue;
        uint32_t objects = hawser_check_objects(stack);
        if (objects)
            hw_run_complain(run, "host %d: %u objects are left", host, objects);
        if (hawser_deadline(stack) != HAWSER_NEVER)
            hw_run_complain(run, "host %d: a deadline is left", host);
        uint64_t slack = TABLES_SLACK + run->plan->associations * 256u;
        if (hawser_memory(stack) > run->baseline[host] + slack)
            hw_run_complain(run, "host %d: the stack still holds %llu bytes, %llu in the beginning", host,
                            (unsigned long long)hawser_memory(stack), (unsigned long long)run->baseline[host]);
    }
    hw_oracle_watch(run, true);
    if (!hw_run_short_of_memory(run))
        judge_seen(run);
}

/* ---- what there is to tell ------------------------------------------------------------------------------------ */

static void seen_if(struct run *run, uint64_t count, uint32_t bit) {
    if (count)
        run->result->seen |= bit;
}

void hw_oracle_count(struct run *run, int host) {
    hawser *stack = hw_run_stack(run, host);
    struct hawser_sim_result *result = run->result;
    if (!stack)
        return;
    uint64_t retransmissions = hawser_counter(stack, 0, HAWSER_COUNT_RetransChunks);
    uint64_t fast = hawser_counter(stack, 0, HAWSER_COUNT_FastRetransmits);
    uint64_t timeouts = hawser_counter(stack, 0, HAWSER_COUNT_T3Expirations);
    result->chunks +=
        hawser_counter(stack, 0, HAWSER_COUNT_OutOrderChunks) + hawser_counter(stack, 0, HAWSER_COUNT_OutUnorderChunks);
    result->retransmissions += retransmissions;
    result->fast_retransmits += fast;
    result->timeouts += timeouts;
    seen_if(run, retransmissions, HAWSER_SIM_SEEN_RETRANSMISSION);
    seen_if(run, fast, HAWSER_SIM_SEEN_FAST_RETRANSMIT);
    seen_if(run, timeouts, HAWSER_SIM_SEEN_TIMEOUT);
    seen_if(run, hawser_counter(stack, 0, HAWSER_COUNT_ChecksumErrors), HAWSER_SIM_SEEN_CHECKSUM_ERROR);
    seen_if(run, hawser_counter(stack, 0, HAWSER_COUNT_DuplicateTsns), HAWSER_SIM_SEEN_DUPLICATE);
    seen_if(run, hawser_counter(stack, 0, HAWSER_COUNT_FragUsrMsgs), HAWSER_SIM_SEEN_FRAGMENTED);
    seen_if(run, hawser_counter(stack, 0, HAWSER_COUNT_EcnReductions), HAWSER_SIM_SEEN_MARKED);
    seen_if(run, hawser_counter(stack, 0, HAWSER_COUNT_ZeroChecksums), HAWSER_SIM_SEEN_UNSUMMED);
    seen_if(run, hawser_counter(stack, 0, HAWSER_COUNT_InAsconfs), HAWSER_SIM_SEEN_MOVED);
    hw_keys_judge(run, host);
    if (hawser_counter(stack, 0, HAWSER_COUNT_Faults))
        hw_run_complain(run, "host %d: the stack found a contradiction in itself", host);
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void measure_latency(struct run *run, size_t count) {
    struct hawser_sim_result *result = run->result;
    uint64_t *times = count ? malloc(count * sizeof *times) : NULL;
    size_t n = 0;
    if (!times)
        return;
    for (uint32_t i = 0; i < run->plan->associations; i++)
        for (int from = 0; from < 2; from++) {
            const struct flow *flow = &run->conversations[i].flows[from];
            for (uint32_t number = 0; number < flow->next && n < count; number++)
                if (flow->entries[number].fate & FATE_DELIVERED)
                    times[n++] = flow->entries[number].time;
        }
    qsort(times, n, sizeof *times, compare);
    if (n) {
        result->latency_p50 = times[(n - 1) * 50 / 100];
        result->latency_p95 = times[(n - 1) * 95 / 100];
        result->latency_p99 = times[(n - 1) * 99 / 100];
        result->latency_max = times[n - 1];
    }
    free(times);
}

void hw_oracle_measure(struct run *run) {
    struct hawser_sim_result *result = run->result;
    hawser_time last = run->start;
    uint64_t bytes[2] = {0, 0};
    for (uint32_t i = 0; run->conversations && i < run->plan->associations; i++)
        for (int from = 0; from < 2; from++) {
            const struct flow *flow = &run->conversations[i].flows[from];
            result->sent += flow->next;
            result->delivered += flow->delivered;
            result->reported += flow->reported;
            bytes[from] += flow->bytes;
            last = flow->last > last ? flow->last : last;
        }
    result->bytes = bytes[0] + bytes[1];
    result->duration = last - run->start;
    for (int from = 0; from < 2 && result->duration; from++)
        result->goodput_from[from] = (uint64_t)((double)bytes[from] * 8e6 / (double)result->duration);
    if (result->duration)
        result->goodput = (uint64_t)((double)result->bytes * 8e6 / (double)result->duration);
    for (uint32_t p = 0; p < run->plan->paths; p++)
        for (int direction = 0; direction < 2; direction++) {
            const struct hawser_sim_link_counts *c = hawser_sim_link_counts(run->sim, run->links[p], direction);
            result->packets_lost += c->filtered + c->lost + c->cut + c->queue_full + c->too_big;
            seen_if(run, c->too_big, HAWSER_SIM_SEEN_TOO_BIG);
            seen_if(run, c->reordered, HAWSER_SIM_SEEN_REORDERED);
        }
    result->packets = hawser_sim_packets(run->sim);
    result->hash = hawser_sim_hash(run->sim);
    if (run->conversations)
        measure_latency(run, (size_t)result->delivered);
}
