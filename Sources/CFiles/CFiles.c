#define _GNU_SOURCE
#include "CFiles.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int files_exchange(const char *first, const char *second) {
    return renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) == 0 ? 0 : errno;
}

int files_allocate_behind(int descriptor, long long bytes) {
    struct stat facts;
    if (fstat(descriptor, &facts) != 0) return errno;
    return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, facts.st_size, bytes) == 0 ? 0 : errno;
}

int files_sync_all(int descriptor) { return syncfs(descriptor) == 0 ? 0 : errno; }
