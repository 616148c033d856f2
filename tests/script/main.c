/* SPDX-License-Identifier: MIT
 *
 * Runs all scripts, or those whose names match a pattern (* and ? allowed), and keeps RULES.md true: the table of rules is made
 * of the words in the scripts themselves.
 *
 *   script-tests [PATTERN]     run
 *   script-tests --rules       print the table; tests/script/RULES.md must be equal to it
 */
#include "script.h"
#include <stdlib.h>

#define SCRIPTS_MAX 2000

struct registered {
    const char *name, *file, *section, *rule;
    script_function *body;
};

static struct registered scripts[SCRIPTS_MAX];
static size_t script_count;

void script_register(const char *name, const char *file, const char *section, const char *rule, script_function *body) {
    if (script_count == SCRIPTS_MAX)
        abort();
    const char *slash = file ? strrchr(file, '/') : NULL;
    scripts[script_count++] = (struct registered){name, slash ? slash + 1 : file, section, rule, body};
}

static void run_script(void **state) {
    const struct registered *script = *state;
    struct script *s = script_begin(script->name);
    script->body(s);
    script_end(s);
}

/* "6.2.1 D" before "6.10": numbers by value. */
static int compare_sections(const char *a, const char *b) {
    while (*a && *b) {
        char *end_a, *end_b;
        long x = strtol(a, &end_a, 10), y = strtol(b, &end_b, 10);
        if (end_a != a && end_b != b) {
            if (x != y)
                return x < y ? -1 : 1;
            a = end_a;
            b = end_b;
        } else if (*a != *b) {
            return (uint8_t)*a < (uint8_t)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != 0) - (*b != 0);
}

static int compare_scripts(const void *left, const void *right) {
    const struct registered *a = left, *b = right;
    int order = compare_sections(a->section, b->section);
    if (order == 0)
        order = strcmp(a->rule, b->rule);
    return order ? order : strcmp(a->name, b->name);
}

static char *rules_text(void) {
    size_t room = 1u << 20, size = 0;
    char *text = malloc(room);
    if (!text)
        abort();
    size += (size_t)snprintf(text, room,
                             "# Rules and their scripts\n\nMade by `script-tests --rules` from the scripts; a test compares. "
                             "Sections are those of RFC 9260 unless another RFC is\nnamed. \"every packet\": judged on each "
                             "packet of all scripts (script_judge.c).\n\n| section | rule | script |\n|---|---|---|\n");
    for (size_t i = 0; i < script_count; i++) {
        const struct registered *one = &scripts[i];
        if (i > 0 && strcmp(one->section, scripts[i - 1].section) == 0 && strcmp(one->rule, scripts[i - 1].rule) == 0)
            size += (size_t)snprintf(text + size, room - size, "| | | %s `%s` |\n", one->file, one->name);
        else if (!one->file)
            size += (size_t)snprintf(text + size, room - size, "| %s | %s | see `%s` |\n", one->section, one->rule, one->name);
        else if (one->body)
            size += (size_t)snprintf(text + size, room - size, "| %s | %s | %s `%s` |\n", one->section, one->rule, one->file,
                                     one->name);
        else
            size += (size_t)snprintf(text + size, room - size, "| %s | %s | every packet |\n", one->section, one->rule);
    }
    return text;
}

static void rules_md_names_every_script(void **state) {
    (void)state;
    char path[4096];
    const char *slash = strrchr(__FILE__, '/');
    snprintf(path, sizeof path, "%.*sRULES.md", slash ? (int)(slash - __FILE__) + 1 : 0, __FILE__);
    FILE *file = fopen(path, "rb");
    char *wanted = rules_text();
    size_t size = strlen(wanted);
    char *found = calloc(1, size + 2);
    size_t got = file && found ? fread(found, 1, size + 1, file) : 0;
    bool same = got == size && memcmp(found, wanted, size) == 0;
    if (file)
        fclose(file);
    free(found);
    free(wanted);
    if (!same)
        fail_msg("%s differs from what `script-tests --rules` prints", path);
}

/* What is said to be shown elsewhere is: by a script, or by the judge. */
static void what_is_shown_elsewhere_is(void **state) {
    (void)state;
    for (size_t i = 0; i < script_count; i++) {
        bool found = scripts[i].file != NULL;
        for (size_t k = 0; !found && k < script_count; k++)
            found = scripts[k].file && strcmp(scripts[k].name, scripts[i].name) == 0;
        if (!found)
            fail_msg("%s: no script %s", scripts[i].section, scripts[i].name);
    }
}

int main(int count, char **arguments) {
    qsort(scripts, script_count, sizeof scripts[0], compare_scripts);
    if (count > 1 && strcmp(arguments[1], "--rules") == 0) {
        char *text = rules_text();
        fputs(text, stdout);
        free(text);
        return 0;
    }
    if (count > 1)
        cmocka_set_test_filter(arguments[1]);
    static struct CMUnitTest tests[SCRIPTS_MAX + 2];
    size_t tests_count = 0;
    for (size_t i = 0; i < script_count; i++)
        if (scripts[i].body)
            tests[tests_count++] = (struct CMUnitTest){scripts[i].name, run_script, NULL, NULL, &scripts[i]};
    tests[tests_count++] = (struct CMUnitTest){"what_is_shown_elsewhere_is", what_is_shown_elsewhere_is, NULL, NULL, NULL};
    tests[tests_count++] = (struct CMUnitTest){"rules_md_names_every_script", rules_md_names_every_script, NULL, NULL, NULL};
    int failed = _cmocka_run_group_tests("scripts", tests, tests_count, NULL, NULL);
    return failed ? 1 : 0;
}
