/*
 * keyfile.c - see keyfile.h. The secret passes through buffers on the stack here, and they are wiped.
 */
#include "keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "file.h"
#include "words.h"

void
opres_keyfile_seal(void)
{
	struct rlimit none = { 0, 0 };

	(void) setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	(void) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static bool
cannot(const char *path, const char *reason)
{
	opres_complain("key file %s: %s", "鍵ファイル %s: %s", opres_shown(path), reason);
	return false;
}

/* The folder's entry must be durable as well as the file. */
static bool
sync_folder(const char *path)
{
	size_t length = strlen(path);
	char copy[PATH_MAX];
	int folder;
	bool ok;

	if (length >= sizeof copy)
	{
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(copy, path, length + 1);
	folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return false;
	ok = fsync(folder) == 0;
	(void) close(folder);
	return ok;
}

bool
opres_keyfile_create(const char *path, const OpresSigner *signer)
{
	char text[OPRES_KEY_TEXT];
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok;

	if (file < 0)
		return cannot(path, errno == EEXIST
								? opres_word("exists already, and is left as it is", "既に存在するため、そのままにしました")
								: strerror(errno));
	ok = opres_signer_print(signer, text);
	if (ok)
	{
		/* The zero at the end makes room for the line feed. */
		size_t length = strlen(text);

		text[length] = '\n';
		ok = opres_file_put(file, text, length + 1);
	}
	OPENSSL_cleanse(text, sizeof text);
	ok = close(file) == 0 && ok && sync_folder(path);
	if (!ok)
	{
		(void) cannot(path, strerror(errno));
		(void) unlink(path);
	}
	return ok;
}

static const char *
unsafe(const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return opres_word("is no regular file", "通常のファイルではありません");
	if (status->st_uid != geteuid() && status->st_uid != 0)
		return opres_word("belongs to another user", "別のユーザが所有しています");
	if (status->st_mode & (S_IRWXG | S_IRWXO))
		return opres_word("is open to others than its owner: chmod 600 it, and make a new key if it stood open for long",
						  "所有者以外に開かれています: chmod 600 を実行し、長く開かれていた場合は新しい鍵を作成してください");
	return NULL;
}

/* Reads into a buffer of the caller's, who wipes it; a line feed at the end is not counted. */
static bool
read_key(int file, const char *path, char text[OPRES_KEY_TEXT], size_t *length)
{
	struct stat status;
	const char *why = fstat(file, &status) == 0 ? unsafe(&status) : strerror(errno);
	ssize_t got;

	if (why)
		return cannot(path, why);
	got = read(file, text, OPRES_KEY_TEXT);
	if (got < 0)
		return cannot(path, strerror(errno));
	*length = (size_t) got;
	if (got > 0 && text[got - 1] == '\n')
		--*length;
	return true;
}

bool
opres_keyfile_read(const char *path, OpresSigner *signer)
{
	char text[OPRES_KEY_TEXT];
	const char *why;
	size_t length;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool ok;

	if (file < 0)
		return cannot(path, strerror(errno));
	ok = read_key(file, path, text, &length);
	(void) close(file);
	if (ok && !opres_signer_parse(text, length, signer, &why))
		ok = cannot(path, why);
	OPENSSL_cleanse(text, sizeof text);
	return ok;
}
