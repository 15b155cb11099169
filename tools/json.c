/* Owns JSON output: one object, one line. Thin over jansson. */
#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "escape.h"
#include "message.h"

json_t *tool_json_bytes(const char *bytes, size_t len)
{
    char *text = malloc(4 * len + 1);
    if (text == NULL)
        return NULL;
    const size_t used = tool_escape_bytes(TOOL_ESCAPE_JSON, bytes, len, text);
    json_t *string = json_stringn(text, used);
    free(text);
    return string;
}

int tool_json_line(json_t *object)
{
    if (object == NULL) {
        tool_error("out of memory");
        return TOOL_FAILED;
    }
    errno = 0;
    const int failed = json_dumpf(object, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF;
    json_decref(object);
    return failed ? tool_write_failed("stdout", errno ? errno : EIO) : TOOL_OK;
}
