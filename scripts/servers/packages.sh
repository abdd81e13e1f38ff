# What must be installed, and how it gets there on Debian and Ubuntu. Sourced by servers.sh.

policy=/usr/sbin/policy-rc.d
policy_mark='# rfa: keeps services from starting while packages are installed; safe to delete'

# Packages whose programs are missing here, for the parts that are wanted.
missing_packages() {
  local part
  for part in "$@"; do
    case $part in
      postgres) postgres_bin > /dev/null || echo postgresql ;;
      rabbitmq) rabbitmq_bin > /dev/null || echo rabbitmq-server ;;
      python) python3 -c 'import ensurepip, venv' 2> /dev/null || echo python3-venv ;;
      node)
        command -v node > /dev/null || echo nodejs
        command -v npm > /dev/null || echo npm
        ;;
      browser) command -v chromium > /dev/null || printf '%s\n' chromium fonts-liberation ;;
    esac
  done
  command -v cc > /dev/null || printf '%s\n' gcc libc6-dev
  command -v amqp-consume > /dev/null || echo amqp-tools
  command -v curl > /dev/null || echo curl
  command -v jq > /dev/null || echo jq
}

# The packages start their services when they are installed; with this they do not.
hold_services() {
  if [ -e "$policy" ] && ! grep -Fq "$policy_mark" "$policy"; then mv "$policy" "$policy.rfa-kept"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" > "$policy"
  chmod 0755 "$policy"
}

release_services() {
  if [ -e "$policy" ] && grep -Fq "$policy_mark" "$policy"; then rm -f -- "$policy"; fi
  [ ! -e "$policy.rfa-kept" ] || mv "$policy.rfa-kept" "$policy"
}

# As root. Called by itself through sudo where the caller is an ordinary user.
install_packages() {
  exec 8> /run/rfa-install.lock
  flock 8
  trap release_services EXIT
  trap 'exit 130' INT TERM HUP
  hold_services
  export DEBIAN_FRONTEND=noninteractive
  apt-get -o DPkg::Lock::Timeout=300 update
  apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

may_sudo() {
  command -v sudo > /dev/null && { sudo -n true 2> /dev/null || [ -t 0 ]; }
}

# The clients only serve the walk of the README and the tests that call them.
indispensable() {
  local package
  for package in "$@"; do
    case $package in amqp-tools | curl | jq | mold) ;; *) return 0 ;; esac
  done
  return 1
}

ensure_servers() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  # mold only shortens linking: worth having along, not worth an installation of its own.
  command -v mold > /dev/null || missing+=(mold)
  echo "servers: not installed: ${missing[*]}" >&2
  if command -v apt-get > /dev/null && [ "$(id -u)" -eq 0 ]; then
    (install_packages "${missing[@]}") >&2
  elif command -v apt-get > /dev/null && may_sudo; then
    sudo bash -c ". '$root/scripts/servers/packages.sh'; set -euo pipefail; install_packages \"\$@\"" rfa "${missing[@]}" >&2
  elif compose_answers; then
    echo "servers: nothing can be installed here; using docker compose" >&2
    return 0
  elif ! indispensable "${missing[@]}"; then
    echo "servers: going on without them; to install:  apt-get install ${missing[*]}" >&2
    return 0
  else
    echo "servers: install them first:  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -gt 0 ]; then
    echo "servers: still missing after the installation: ${missing[*]}" >&2
    exit 1
  fi
}
