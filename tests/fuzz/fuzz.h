/* SPDX-License-Identifier: MIT
 *
 * What the fuzzers share: an input that is read like dice, a host whose memory is counted and can fail, buffers that are lent,
 * and a judge of every packet that a stack sends. Nothing here reads a clock or draws chance of its own: a run is its input.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/serial.h"
#include "wire/chunks.h"

#include <hawser/check.h>
#include <hawser/hawser.h>
#include <stdbool.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says what is wrong and ends the process, as every finding does. */
#define FUZZ_MUST(expression) ((expression) ? (void)0 : fuzz_fail(#expression, __FILE__, __LINE__))
void fuzz_fail(const char *what, const char *file, int line);

/* ---- the input: moves and their numbers, 0 once it is used up */

struct fuzz_input {
    const uint8_t *at, *end;
};

static inline bool fuzz_more(const struct fuzz_input *input) { return input->at < input->end; }
static inline uint8_t fuzz_8(struct fuzz_input *input) { return input->at < input->end ? *input->at++ : 0; }
static inline uint16_t fuzz_16(struct fuzz_input *input) {
    uint8_t high = fuzz_8(input);
    return (uint16_t)(high << 8 | fuzz_8(input));
}
static inline uint32_t fuzz_32(struct fuzz_input *input) {
    uint16_t high = fuzz_16(input);
    return (uint32_t)high << 16 | fuzz_16(input);
}
/* The next bytes as they are, at most `max`. */
struct hawser_span fuzz_span(struct fuzz_input *input, size_t max);

/* ---- the host */

struct fuzz_lent;

struct fuzz_host {
    struct hawser_host functions;
    uint64_t dice;
    uint64_t blocks, bytes;       /* that the stack holds of us */
    uint64_t given;               /* allocations so far */
    uint64_t lent_bytes;          /* that it was lent and has not given back */
    uint64_t overhead;            /* bytes of ours that it does not count */
    uint32_t fail_after, fail;    /* after so many allocations so many fail */
    uint32_t failed;
    bool no_hmac;                 /* signatures cannot be computed now */
    bool guessable;               /* the HMAC of AUTH is one that a peer comes by in a few hundred attempts */
    uint8_t key[32];              /* that the last signature was made or tried with */
    struct fuzz_lent *lent;
};

void fuzz_host_init(struct fuzz_host *host, uint64_t seed);
/* All memory is back and every lent buffer was released. */
void fuzz_host_done(struct fuzz_host *host);

/* A stack was made on the host: fuzz_check judges it from now on. Shows all that it does on stderr, if the environment has
 * HAWSER_FUZZ_TRACE: for looking at one input. */
void fuzz_watch(struct fuzz_host *host, hawser *stack, const char *name);
/* It contradicts itself nowhere and counts all the memory that it has. */
void fuzz_check(const struct fuzz_host *host, hawser *stack);

/* What hmac_sha256 gives for the last key: for who stole it. */
void fuzz_sign(struct fuzz_host *host, struct hawser_span text, uint8_t out[32]);

/* A buffer of `size` bytes to lend with the message: sets release and release_user. The buffer is ours again if the send failed:
 * fuzz_unlend then. */
uint8_t *fuzz_lend(struct fuzz_host *host, struct hawser_message *message, size_t size);
void fuzz_unlend(struct hawser_message *message);

uint64_t fuzz_mix(uint64_t value);

/* Switches extensions on or off, as the dice say: in a quarter of the runs none is. Returns what the carrier does
 * (HAWSER_CARRIER_). */
uint8_t fuzz_extend(hawser *stack, uint64_t dice);

/* The endpoint requires some chunks to be authenticated (RFC 4895), as the dice say, and has keys 1 to 3, the same everywhere. */
void fuzz_guard(hawser *stack, hawser_id endpoint, uint64_t dice);
/* A call that sets, chooses, retires or deletes a key, or asks which there are. */
void fuzz_rekey(hawser *stack, hawser_id id, uint8_t choice);

/* Half of the messages are sent with a policy of partial reliability. */
void fuzz_policy(struct hawser_message *message, uint64_t dice);

/* A call that asks for a reconfiguration (RFC 6525), in the association's state or out of it. */
void fuzz_reconfigure(hawser *stack, hawser_time now, hawser_id association, uint8_t choice);

/* A call that asks for another local address, for one less, or for one to be preferred (RFC 5061). */
void fuzz_readdress(hawser *stack, hawser_time now, hawser_id id, const struct hawser_address *address, uint8_t choice);

/* ---- packets */

/* A packet, or a train, comes. Nothing that a peer sends may cost more than it paid: the stack may ask for so many blocks and so
 * many bytes more, and work so long, as the size explains. */
void fuzz_arrive(const struct fuzz_host *host, hawser *stack, hawser_time now, const struct hawser_arrival *arrival);
/* All that is to go goes, `most` packets at the most; each is judged and handed over. Returns how many there were. `departure`
 * has a buffer and what the carrier can do. */
typedef void fuzz_takes(void *user, const uint8_t *packet, size_t size, const struct hawser_departure *departure);
unsigned fuzz_depart(hawser *stack, hawser_time now, struct hawser_departure *departure, unsigned most, fuzz_takes *takes,
                     void *user);

/* Puts the CRC32c into a packet. */
void fuzz_seal(uint8_t *packet, size_t size);
/* A packet that a stack built must be whole, summed, and made of chunks that the RFC allows together. */
void fuzz_judge(const uint8_t *packet, size_t size, const struct hawser_departure *departure);
/* An IPv4 address 10.0.SIDE.NUMBER. */
struct hawser_address fuzz_address(unsigned side, unsigned number, uint16_t udp_port);

/* What addresses look like: of one family, of both, as a carrier with one socket for both shows IPv4, with zones, or none. */
enum fuzz_world { FUZZ_IPV4, FUZZ_IPV6, FUZZ_BOTH, FUZZ_MAPPED, FUZZ_LINK_LOCAL, FUZZ_ROUTES, FUZZ_WORLDS };
struct hawser_address fuzz_address_in(enum fuzz_world world, unsigned side, unsigned number, uint16_t udp_port);

#endif
