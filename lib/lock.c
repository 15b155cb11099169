#include "lock.h"

#include "diag.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool lode_lock_holds(const char *path, int fd)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
           ours.st_ino == there.st_ino;
}

int lode_lock_file(const char *path, int *status, struct lode_diag *diag)
{
    enum { TRIES = 100 };
    for (int i = 0; i < TRIES; i++) {
        const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0) {
            *status = lode_diag_errno(diag, "%s: cannot open", path);
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            *status =
                errno == EWOULDBLOCK
                    ? lode_diag_set(diag, LODE_E_BUSY, "%s: another writer is at work on it", path)
                    : lode_diag_errno(diag, "%s: cannot lock", path);
            close(fd);
            return -1;
        }
        if (lode_lock_holds(path, fd))
            return fd;
        close(fd);
    }
    *status = lode_diag_set(diag, LODE_E_BUSY, "%s: other writers replace it all the time", path);
    return -1;
}

void lode_unlock_file(int fd)
{
    (void)flock(fd, LOCK_UN);
    close(fd);
}
