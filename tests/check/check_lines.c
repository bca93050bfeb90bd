/* SPDX-License-Identifier: Apache-2.0 */
/* Answers requests of check, one a line: what the suites of this folder compare. "-f" allows files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vllmplan/vllmplan.h>

enum { LINE_ROOM = 4 << 20 };

int main(int argc, char **argv)
{
    uint32_t allow = argc > 1 && strcmp(argv[1], "-f") == 0 ? VLLMPLAN_ALLOW_FILES : 0;
    char *line = malloc(LINE_ROOM);
    if (!line) return 1;
    while (fgets(line, LINE_ROOM, stdin)) {
        char *out = NULL;
        size_t length = 0;
        int32_t status = vllmplan_check_json(line, strcspn(line, "\n"), allow, &out, &length);
        if (!out) {
            fprintf(stderr, "no answer: %s\n", vllmplan_status_name(status));
            return 1;
        }
        puts(out);
        vllmplan_free(out);
    }
    free(line);
    return 0;
}
