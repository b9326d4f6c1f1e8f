#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/// An ignored signal is inherited through exec: what is started has them as they are by themselves, and only this program
/// started again keeps those that it ignores from its first moment.
static int spawn(pid_t *pid, posix_spawn_file_actions_t *actions, char *const arguments[], char *const variables[],
                 int is_own_kind) {
    posix_spawnattr_t attributes;
    int failure = posix_spawnattr_init(&attributes);
    if (failure) return failure;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (is_own_kind) {
        sigdelset(&all, SIGUSR1);
        sigdelset(&all, SIGUSR2);
    }
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failure = posix_spawnp(pid, arguments[0], actions, &attributes, arguments, variables);
    posix_spawnattr_destroy(&attributes);
    return failure;
}

static int start(pid_t *pid, const char *folder, int log, char *const arguments[], char *const variables[],
                 int is_own_kind) {
    posix_spawn_file_actions_t actions;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) return failure;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, log, 1);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    failure = spawn(pid, &actions, arguments, variables, is_own_kind);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

int process_start(pid_t *pid, const char *folder, int log, char *const arguments[], char *const variables[]) {
    return start(pid, folder, log, arguments, variables, 0);
}

int process_spawn(pid_t *pid, const char *folder, const char *log, char *const arguments[], char *const variables[]) {
    int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    int failure = start(pid, folder, file, arguments, variables, 1);
    close(file);
    return failure;
}

int process_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int process_signal(int process, int signal) {
    return syscall(SYS_pidfd_send_signal, process, signal, NULL, 0) ? errno : 0;
}

int process_spawn_on_terminal(pid_t *pid, const char *terminal, char *const arguments[], char *const variables[]) {
    posix_spawn_file_actions_t actions;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure) return failure;
    // The first terminal that the leader of a session opens becomes its controlling one.
    posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    failure = spawn(pid, &actions, arguments, variables, 0);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

int process_spawn_piped(pid_t *pid, const char *folder, char *const arguments[], char *const variables[], int *output,
                        int *errors) {
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC)) return errno;
    if (pipe2(err, O_CLOEXEC)) {
        int failure = errno;
        close(out[0]);
        close(out[1]);
        return failure;
    }
    posix_spawn_file_actions_t actions;
    int failure = posix_spawn_file_actions_init(&actions);
    if (!failure) {
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        posix_spawn_file_actions_adddup2(&actions, err[1], 2);
        posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        posix_spawn_file_actions_addchdir_np(&actions, folder);
        failure = spawn(pid, &actions, arguments, variables, 0);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(out[1]);
    close(err[1]);
    if (failure) {
        close(out[0]);
        close(err[0]);
        return failure;
    }
    *output = out[0];
    *errors = err[0];
    return 0;
}

int process_spawn_fed(pid_t *pid, const char *folder, const char *input, size_t size, char *const arguments[],
                      char *const variables[], int *errors) {
    // A file, not a pipe: nobody has to wait for a program that does not read.
    int file = memfd_create("input", MFD_CLOEXEC);
    if (file < 0) return errno;
    int err[2];
    if (write(file, input, size) != (ssize_t)size || lseek(file, 0, SEEK_SET) != 0 || pipe2(err, O_CLOEXEC)) {
        int failure = errno ? errno : ENOSPC;
        close(file);
        return failure;
    }
    posix_spawn_file_actions_t actions;
    int failure = posix_spawn_file_actions_init(&actions);
    if (!failure) {
        posix_spawn_file_actions_adddup2(&actions, file, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, err[1], 2);
        posix_spawn_file_actions_addclosefrom_np(&actions, 3);
        posix_spawn_file_actions_addchdir_np(&actions, folder);
        failure = spawn(pid, &actions, arguments, variables, 0);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(err[1]);
    close(file);
    if (failure) {
        close(err[0]);
        return failure;
    }
    *errors = err[0];
    return 0;
}

static int words_given;
static char **words;

// The C library hands them to every constructor.
__attribute__((constructor)) static void keep_words(int count, char **given) {
    words_given = count;
    words = given;
}

int process_word_count(void) { return words_given; }

const char *process_word(int index) { return words[index]; }

void process_reserve_standard_descriptors(void) {
    for (;;) {
        int descriptor = open("/dev/null", O_RDONLY);
        if (descriptor < 0) return;
        if (descriptor <= 2) continue;
        close(descriptor);
        return;
    }
}

int process_print(const char *bytes, size_t count) { return fwrite(bytes, 1, count, stdout) == count ? 0 : errno; }

int process_flush(void) { return fflush(stdout) ? errno : 0; }

void process_write_by_line(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

int process_open_terminal(int width, int height, char *path, int capacity) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -1;
    struct winsize size = {(unsigned short)height, (unsigned short)width, 0, 0};
    if (grantpt(master) || unlockpt(master) || ptsname_r(master, path, (size_t)capacity) ||
        ioctl(master, TIOCSWINSZ, &size)) {
        close(master);
        return -1;
    }
    return master;
}

void process_share_heaps(void) { mallopt(M_ARENA_MAX, 2); }

void process_trim_memory(void) { malloc_trim(0); }
