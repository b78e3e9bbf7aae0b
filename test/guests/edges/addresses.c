/* Who may listen where, and who is reached at which address: IPv4 and IPv6. */
#include "edges.h"
static int bound(int family, const char *ip, int port, int v6only) { int s = socket(family, SOCK_STREAM, 0); if (s < 0) return -1; int on = 1; setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, 4); if (v6only >= 0) setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, 4); int r; if (family == AF_INET) { struct sockaddr_in a = {AF_INET, htons(port)}; inet_pton(AF_INET, ip, &a.sin_addr); r = bind(s, (void *)&a, sizeof a); } else { struct sockaddr_in6 a = {AF_INET6, htons(port)}; inet_pton(AF_INET6, ip, &a.sin6_addr); r = bind(s, (void *)&a, sizeof a); } if (r) return r; return listen(s, 5) ? -1 : s; }
static int reach(int family, const char *ip, int port) { int s = socket(family, SOCK_STREAM, 0), r; if (s < 0) return -1; if (family == AF_INET) { struct sockaddr_in a = {AF_INET, htons(port)}; inet_pton(AF_INET, ip, &a.sin_addr); r = connect(s, (void *)&a, sizeof a); } else { struct sockaddr_in6 a = {AF_INET6, htons(port)}; inet_pton(AF_INET6, ip, &a.sin6_addr); r = connect(s, (void *)&a, sizeof a); } int e = errno; close(s); errno = e; return r; }
int main(void) {
  int a = bound(AF_INET, "127.0.0.1", 17771, -1);
  V(a >= 0);
  T(bound(AF_INET, "127.0.0.1", 17771, -1));
  int b = bound(AF_INET, "127.0.0.2", 17771, -1);
  V(b >= 0);
  T(bound(AF_INET, "0.0.0.0", 17771, -1));
  T(reach(AF_INET, "127.0.0.1", 17771));
  T(reach(AF_INET, "127.0.0.3", 17771));
  T(reach(AF_INET, "0.0.0.0", 17771));
  int c = bound(AF_INET, "0.0.0.0", 17772, -1);
  V(c >= 0);
  int d = bound(AF_INET6, "::", 17772, 1);
  V(d >= 0 || errno == EAFNOSUPPORT);
  T(reach(AF_INET, "127.0.0.1", 17772));
  T(reach(AF_INET6, "::1", 17772));
  close(d);
  T(reach(AF_INET6, "::1", 17772));
  T(reach(AF_INET6, "::ffff:127.0.0.1", 17772));
  T(bound(AF_INET6, "::", 17772, 0));
  int e = bound(AF_INET6, "::", 17773, 0);
  V(e >= 0);
  T(reach(AF_INET, "127.0.0.1", 17773));
  T(reach(AF_INET6, "::1", 17773));
  T(bound(AF_INET, "127.0.0.1", 17773, -1));
  int f = bound(AF_INET6, "::1", 17774, -1);
  V(f >= 0);
  T(reach(AF_INET, "127.0.0.1", 17774));
  T(reach(AF_INET6, "::1", 17774));
  return 0;
  }
