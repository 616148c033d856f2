/* SPDX-License-Identifier: MIT
 *
 * Random numbers that repeat: xoshiro256** (Blackman and Vigna), its state filled by splitmix64. Good dice, no secrets.
 */
#include <hawser/sim.h>

static uint64_t splitmix(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t rotate(uint64_t x, unsigned by) {
    return x << by | x >> (64 - by);
}

void hawser_sim_dice_seed(struct hawser_sim_dice *dice, uint64_t seed) {
    for (int i = 0; i < 4; i++)
        dice->word[i] = splitmix(&seed);
}

uint64_t hawser_sim_dice_next(struct hawser_sim_dice *dice) {
    uint64_t *s = dice->word;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* The remainder favours small numbers by n in 2^64: nothing that a simulation could notice. */
uint64_t hawser_sim_dice_below(struct hawser_sim_dice *dice, uint64_t n) {
    return hawser_sim_dice_next(dice) % n;
}

uint64_t hawser_sim_dice_between(struct hawser_sim_dice *dice, uint64_t least, uint64_t most) {
    return least + hawser_sim_dice_below(dice, most - least + 1);
}

int hawser_sim_dice_chance(struct hawser_sim_dice *dice, uint32_t ppm) {
    if (ppm == 0 || ppm >= HAWSER_SIM_PPM)
        return ppm != 0;
    return hawser_sim_dice_below(dice, HAWSER_SIM_PPM) < ppm;
}
