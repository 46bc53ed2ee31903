/*
 * The physical limit of fetching mail: log in, then ask for everything at once on one connection,
 * and write what comes, a file a message. No state but the highest UID of each mailbox, no
 * recovery, no safety but fsync when it is asked for.
 *
 *     raw PORT CA-FILE USER TOKEN-FILE DIRECTORY fsync|no-fsync MAILBOX...
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static SSL *ssl;
static char buffer[1 << 18];
static size_t begin, end;

static void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

static void fill(void) {
  begin = 0;
  int count = SSL_read(ssl, buffer, sizeof buffer);
  if (count <= 0) die("the server has gone");
  end = (size_t)count;
}

/* A line without its CRLF; a longer one is cut. */
static void read_line(char *line, size_t size) {
  size_t length = 0;
  for (;;) {
    if (begin == end) fill();
    char *newline = memchr(buffer + begin, '\n', end - begin);
    size_t count = (newline ? (size_t)(newline - buffer) + 1 : end) - begin;
    size_t kept = count < size - 1 - length ? count : size - 1 - length;
    memcpy(line + length, buffer + begin, kept);
    length += kept;
    begin += count;
    if (newline) break;
  }
  while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
  line[length] = 0;
}

static void write_all(int file, const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(file, bytes, count);
    if (written < 0) die("cannot write: %s", strerror(errno));
    bytes += written;
    count -= (size_t)written;
  }
}

static void send_all(const char *text, size_t length) {
  if (length > 0 && SSL_write(ssl, text, (int)length) <= 0) die("the server has gone");
}

static void connect_tls(int port, const char *ca_file) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int socket_file = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(socket_file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(socket_file, (struct sockaddr *)&address, sizeof address)) die("cannot connect");
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1) die("cannot read %s", ca_file);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  ssl = SSL_new(context);
  SSL_set1_host(ssl, "localhost");
  SSL_set_tlsext_host_name(ssl, "localhost");
  SSL_set_fd(ssl, socket_file);
  if (SSL_connect(ssl) != 1) die("no TLS: %s", ERR_error_string(ERR_get_error(), NULL));
}

static void log_in(const char *user, const char *token_file) {
  static char token[8192], clear[10000], encoded[14000], command[15000], line[4096];
  FILE *file = fopen(token_file, "r");
  if (!file || !fgets(token, sizeof token, file)) die("cannot read %s", token_file);
  fclose(file);
  int length = snprintf(clear, sizeof clear, "user=%s\001auth=Bearer %s\001\001", user, token);
  EVP_EncodeBlock((unsigned char *)encoded, (unsigned char *)clear, length);
  length = snprintf(command, sizeof command, "a AUTHENTICATE XOAUTH2 %s\r\n", encoded);
  read_line(line, sizeof line);
  send_all(command, (size_t)length);
  do read_line(line, sizeof line);
  while (line[0] == '*');
  if (strncmp(line, "a OK", 4)) die("no login: %s", line);
}

/* The highest UID of an earlier run. */
static unsigned long known_uid(const char *directory) {
  char path[4200];
  unsigned long uid = 0;
  snprintf(path, sizeof path, "%s/.uid", directory);
  FILE *file = fopen(path, "r");
  if (file && fscanf(file, "%lu", &uid) != 1) uid = 0;
  if (file) fclose(file);
  return uid;
}

static void remember_uid(const char *directory, unsigned long uid, int with_fsync) {
  char path[4200];
  snprintf(path, sizeof path, "%s/.uid", directory);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) die("cannot write %s", path);
  dprintf(file, "%lu\n", uid);
  if (with_fsync && fsync(file)) die("cannot sync %s", path);
  close(file);
}

/* Copies the literal that follows into a file of its own. */
static void store(const char *directory, unsigned long uid, size_t size, int with_fsync) {
  char path[4200];
  snprintf(path, sizeof path, "%s/%lu", directory, uid);
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (file < 0) die("cannot make %s", path);
  while (size > 0) {
    if (begin == end) fill();
    size_t count = end - begin < size ? end - begin : size;
    write_all(file, buffer + begin, count);
    begin += count;
    size -= count;
  }
  if (with_fsync && fsync(file)) die("cannot sync %s", path);
  close(file);
}

/* Reads the answers to EXAMINE and FETCH of one mailbox. */
static void receive(const char *directory, unsigned long known, int with_fsync) {
  static char line[65536];
  unsigned long highest = known;
  for (;;) {
    read_line(line, sizeof line);
    if (!strncmp(line, "f OK", 4)) break;
    if (line[0] != '*' && strncmp(line, "e OK", 4)) die("the server says: %s", line);
    char *fetch = strstr(line, " FETCH ("), *uid = strstr(line, "UID "), *size = strrchr(line, '{');
    if (!fetch || !uid || !size) continue;
    unsigned long number = strtoul(uid + 4, NULL, 10);
    store(directory, number, strtoul(size + 1, NULL, 10), with_fsync);
    read_line(line, sizeof line); /* the rest of the row */
    if (number > highest) highest = number;
  }
  if (highest == known) return;
  remember_uid(directory, highest, with_fsync);
  int folder = open(directory, O_RDONLY | O_DIRECTORY);
  if (with_fsync && fsync(folder)) die("cannot sync %s", directory);
  close(folder);
}

int main(int count, char **arguments) {
  if (count < 8) die("usage: raw PORT CA-FILE USER TOKEN-FILE DIRECTORY fsync|no-fsync MAILBOX...");
  const char *root = arguments[5];
  int with_fsync = !strcmp(arguments[6], "fsync"), mailboxes = count - 7;
  unsigned long *known = calloc((size_t)mailboxes, sizeof *known);
  char *commands = malloc((size_t)mailboxes * 512 + 64), *next = commands;
  for (int i = 0; i < mailboxes; i++) {
    char directory[4000];
    snprintf(directory, sizeof directory, "%s/%s", root, arguments[7 + i]);
    if (mkdir(directory, 0700) && errno != EEXIST) die("cannot make %s", directory);
    known[i] = known_uid(directory);
    next += sprintf(next, "e EXAMINE \"%s\"\r\nf UID FETCH %lu:4294967295 (UID BODY.PEEK[])\r\n",
                    arguments[7 + i], known[i] + 1);
  }
  connect_tls(atoi(arguments[1]), arguments[2]);
  log_in(arguments[3], arguments[4]);
  send_all(commands, (size_t)(next - commands));
  for (int i = 0; i < mailboxes; i++) {
    char directory[4000];
    snprintf(directory, sizeof directory, "%s/%s", root, arguments[7 + i]);
    receive(directory, known[i], with_fsync);
  }
  return 0;
}
