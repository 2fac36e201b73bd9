/* SPDX-License-Identifier: MIT
 *
 * wireshark: puts the profile and the Lua script where Wireshark finds them, or says where that is.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/files.h"
#include "tool/program.h"

enum { FILES = 4, NAME_BYTES = 32 };

/* Where Wireshark looks: what a line of `tshark -G folders` begins with. */
typedef enum place { PLACE_PROFILES, PLACE_PLUGINS, PLACES } place;

static const char *const headings[PLACES] = {"Personal configuration:", "Personal Lua Plugins:"};

typedef struct kit_file {
    const char *source; /* in the folder of the kit */
    place place;
    const char *folder; /* behind that place */
    const char *name;
} kit_file;

static const kit_file kit[FILES] = {
    {"castanet.lua", PLACE_PLUGINS, "", "castanet.lua"},
    {"castanet/preferences", PLACE_PROFILES, "/profiles/castanet", "preferences"},
    {"castanet/colorfilters", PLACE_PROFILES, "/profiles/castanet", "colorfilters"},
    {"castanet/dfilter_buttons", PLACE_PROFILES, "/profiles/castanet", "dfilter_buttons"},
};

/* The folder of the kit: of the sources, or installed; NULL: neither is there. */
static const char *find_kit(void)
{
    static const char *const folders[] = {CASTANET_WIRESHARK_SOURCES, CASTANET_WIRESHARK_INSTALLED};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[FILES_PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folders[i], kit[0].source);
        if (access(path, R_OK) == 0)
            return folders[i];
    }
    tool_complain(TOOL_USAGE, "it lies beside the sources, or is installed with the library",
                  "install castanet, or run this where it was built", "the files for Wireshark are not here");
    return NULL;
}

static void read_line(const char *line, char places[PLACES][FILES_PATH_MAX])
{
    for (unsigned i = 0; i < PLACES; i++) {
        size_t len = strlen(headings[i]);
        if (strncmp(line, headings[i], len) != 0)
            continue;
        line += len + strspn(line + len, " \t");
        snprintf(places[i], FILES_PATH_MAX, "%.*s", (int)strcspn(line, "\r\n"), line);
    }
}

static bool ask_tshark(char places[PLACES][FILES_PATH_MAX])
{
    char line[FILES_PATH_MAX + 64];
    FILE *answer = popen("tshark -G folders 2>/dev/null", "r");
    memset(places, 0, PLACES * sizeof *places);
    while (answer != NULL && fgets(line, sizeof line, answer) != NULL)
        read_line(line, places);
    if (answer != NULL)
        pclose(answer);
    if (places[PLACE_PROFILES][0] != '\0' && places[PLACE_PLUGINS][0] != '\0')
        return true;
    tool_complain(TOOL_USAGE, "tshark -G folders tells where Wireshark keeps them, and did not answer",
                  "install tshark: apt-get install tshark", "the folders of Wireshark are not known");
    return false;
}

/* Is there another file of that name? */
static bool is_other(const char *path, const char *text, size_t len)
{
    char *there;
    size_t there_len;
    if (access(path, F_OK) != 0 || file_read(path, &there, &there_len) != 0)
        return false;
    bool other = there_len != len || memcmp(there, text, len) != 0;
    free(there);
    return other;
}

static int put(const tool_request *request, const char *path, const char *text, size_t len)
{
    file_writer w;
    if (!request->force && is_other(path, text, len))
        return tool_complain(TOOL_USAGE, "the one that is there differs", "add --force to replace it",
                             "%s was left alone", path);
    int code = file_open(&w, path);
    if (code != 0)
        return code;
    fwrite(text, 1, len, w.stream);
    code = file_close(&w);
    if (code == 0)
        printf("%s\n", path);
    return code;
}

static int install(const tool_request *request, const char *folder, const kit_file *file,
                   char places[PLACES][FILES_PATH_MAX])
{
    char source[FILES_PATH_MAX], into[FILES_PATH_MAX], path[FILES_PATH_MAX + NAME_BYTES];
    char *text;
    size_t len;
    snprintf(source, sizeof source, "%s/%s", folder, file->source);
    snprintf(into, sizeof into, "%s%s", places[file->place], file->folder);
    snprintf(path, sizeof path, "%s/%s", into, file->name);
    int code = folder_make(into);
    if (code != 0)
        return code;
    code = file_read(source, &text, &len);
    if (code == 0) {
        code = put(request, path, text, len);
        free(text);
    }
    return code;
}

int tool_wireshark(const tool_request *request)
{
    char places[PLACES][FILES_PATH_MAX];
    bool prints = strcmp(request->words[0], "print") == 0;
    if (!prints && strcmp(request->words[0], "install") != 0)
        return tool_complain(TOOL_USAGE, "it is neither install nor print", "wireshark install",
                             "\"%s\" is not possible", request->words[0]);
    const char *folder = find_kit();
    if (folder == NULL || !ask_tshark(places))
        return TOOL_USAGE;
    int code = TOOL_CLEAN;
    for (unsigned i = 0; i < FILES && code == TOOL_CLEAN; i++) {
        const kit_file *file = &kit[i];
        if (prints)
            printf("%s/%s -> %s%s/%s\n", folder, file->source, places[file->place], file->folder, file->name);
        else
            code = install(request, folder, file, places);
    }
    if (code == TOOL_CLEAN && !prints)
        printf("now: wireshark -C castanet FILE, or tshark -C castanet -r FILE\n");
    return code;
}
