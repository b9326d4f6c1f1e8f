#include <archive.h>
#include <archive_entry.h>

// Setting an error is variadic and does not import into Swift; this does.
static inline void archive_complain(struct archive *archive, const char *text) {
    // ARCHIVE_ERRNO_MISC, which only its own sources know.
    archive_set_error(archive, -1, "%s", text);
}
