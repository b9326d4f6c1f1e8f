#define _GNU_SOURCE
#include "CTerminal.h"
#include "CTerminalSignals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern int setupterm(const char *, int, int *);
extern int tigetflag(const char *);
extern char *tigetstr(const char *);

static int signal_pipe[2] = {-1, -1};
static struct termios saved;
static int is_saved = 0;
static volatile sig_atomic_t is_titled = 0;
static volatile sig_atomic_t is_continued = 0;

static void note_signal(int number) {
    int kept = errno;
    if (number == SIGCONT) is_continued = 1;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(signal_pipe[1], &byte, 1);
    (void)written;
    errno = kept;
}

static void catch_signal(int number, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

int terminal_signals_to_pipe(void) {
    if (signal_pipe[0] < 0 && pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    int numbers[] = {SIGWINCH, SIGHUP, SIGTERM, SIGINT, SIGTSTP, SIGCONT};
    sigset_t wanted;
    sigemptyset(&wanted);
    for (unsigned index = 0; index < sizeof numbers / sizeof *numbers; index++) {
        catch_signal(numbers[index], note_signal, SA_RESTART);
        sigaddset(&wanted, numbers[index]);
    }
    // Whoever started this process may have blocked them.
    pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
    return signal_pipe[0];
}

/// Only what is safe in a signal handler: leave the other screen, show the cursor, stop the mouse, old settings.
static void restore_and_die(int number) {
    static const char sequence[] = "\033[?2004l\033[?1000l\033[?1002l\033[?1006l\033[0m\033[?25h\033[?1049l\r\n";
    static const char former_title[] = "\033[23;2t";
    if (is_saved) {
        ssize_t written = write(STDOUT_FILENO, sequence, sizeof sequence - 1);
        // The title is given back only where one was kept: elsewhere the sequence might be shown.
        if (is_titled) written = write(STDOUT_FILENO, former_title, sizeof former_title - 1);
        (void)written;
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    }
    // The handler was set to act once: the same signal now does what it does by itself.
    raise(number);
}

void terminal_restore_on_crash(void) {
    is_saved = tcgetattr(STDIN_FILENO, &saved) == 0;
    int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGQUIT};
    for (unsigned index = 0; index < sizeof numbers / sizeof *numbers; index++)
        catch_signal(numbers[index], restore_and_die, SA_RESETHAND | SA_NODEFER);
}

void terminal_stop_process(void) {
    is_continued = 0;
    catch_signal(SIGTSTP, SIG_DFL, 0);
    kill(0, SIGTSTP);
    // Another thread may be the one that takes it, a little later: until then it must still do what it does by itself.
    // Where nobody could continue this process, as without a shell, it is not stopped at all, see setpgid(2).
    struct timespec pause = {0, 10 * 1000 * 1000};
    for (int left = 100; left > 0 && !is_continued; left--) nanosleep(&pause, NULL);
    catch_signal(SIGTSTP, note_signal, SA_RESTART);
}

int terminal_size(int *width, int *height) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return -1;
    *width = size.ws_col;
    *height = size.ws_row;
    return 0;
}

/// Where the strings stand in a compiled description, see term(5) and term.h.
enum {
    deleted_character = 21,
    inserted_character = 52,
    parameterized_delete = 105,
    parameterized_insert = 108,
    parameterized_index = 109,
    parameterized_reverse_index = 113,
    repeated_character = 121
};

static int short_at(const unsigned char *bytes) { return bytes[0] | bytes[1] << 8; }

static size_t read_description(unsigned char *entry, size_t capacity) {
    const char *name = getenv("TERM");
    if (!name || !*name || strchr(name, '/')) return 0;
    const char *folders[] = {"/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo"};
    for (unsigned index = 0; index < sizeof folders / sizeof *folders; index++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%c/%s", folders[index], name[0], name);
        FILE *file = fopen(path, "rb");
        if (!file) continue;
        size_t count = fread(entry, 1, capacity, file);
        fclose(file);
        return count < capacity ? count : 0;
    }
    return 0;
}

void terminal_prefer_plain(void) {
    static unsigned char entry[32768];
    static char text[2 * sizeof entry + 8];
    if (getenv("TERMINFO")) return;
    size_t count = read_description(entry, sizeof entry);
    if (count < 12) return;
    int magic = short_at(entry), strings = short_at(entry + 8);
    if (magic != 0432 && magic != 01036) return;
    size_t offset = 12 + (size_t)short_at(entry + 2) + (size_t)short_at(entry + 4);
    offset += offset % 2 + (size_t)short_at(entry + 6) * (magic == 01036 ? 4 : 2);
    if (offset + (size_t)strings * 2 > count) return;
    int unwanted[] = {deleted_character,   inserted_character,          parameterized_delete, parameterized_insert,
                      parameterized_index, parameterized_reverse_index, repeated_character};
    for (unsigned index = 0; index < sizeof unwanted / sizeof *unwanted; index++)
        if (unwanted[index] < strings) memset(entry + offset + unwanted[index] * 2, 0xFF, 2);
    char *end = text + sprintf(text, "hex:");
    for (size_t index = 0; index < count; index++) end += sprintf(end, "%02x", entry[index]);
    setenv("TERMINFO", text, 1);
}

int terminal_is_known(void) {
    int problem = 0;
    return setupterm(NULL, STDOUT_FILENO, &problem) == 0;
}

int terminal_can_address(void) {
    const char *address = tigetstr("cup");
    return address != NULL && address != (char *)-1;
}

int terminal_has_title(void) {
    const char *name = getenv("TERM");
    // The descriptions of these two do not say so.
    if (name && (strncmp(name, "tmux", 4) == 0 || strncmp(name, "screen", 6) == 0)) return 1;
    return tigetflag("XT") > 0;
}

void terminal_is_titled(int titled) { is_titled = titled; }

void terminal_say(const char *text) {
    fflush(stdout);
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t written = write(STDOUT_FILENO, text, left);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text += written;
        left -= (size_t)written;
    }
}

int terminal_character_width(int character) { return wcwidth((wchar_t)character); }
