/* SPDX-License-Identifier: MIT
 *
 * The only place in base, wire and core that asks which compiler or machine this is. No declarations of ours beyond that.
 */
#ifndef HW_PLATFORM_H
#define HW_PLATFORM_H

#if defined(__GNUC__)
#define HW_LIKELY(x) __builtin_expect(!!(x), 1)
#define HW_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define HW_CTZ64(x) ((unsigned)__builtin_ctzll(x))
#define HW_CLZ64(x) ((unsigned)__builtin_clzll(x))
#define HW_TARGET(features) __attribute__((target(features)))
#else
#error "hawser is built with gcc or clang"
#endif

/* Machines whose instructions base knows by name; everything else is plain C. */
#if defined(__x86_64__)
#define HW_X86_64 1
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define HW_AARCH64 1
#endif

#endif
