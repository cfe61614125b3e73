#!/bin/sh
# Writes the secrets of compose.yaml into a folder, docker/secrets by default; what is there stays.
#
# Compose mounts these files as they are on this machine, so the containers' users must be able to
# read them: the files are open, and the folder is closed to everybody else.
set -eu
folder=${1:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"

# 32 random bytes in letters and digits that need no quoting in an address.
random() { head -c 32 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_'; }

# write NAME TEXT
write() {
    [ -s "$folder/$1" ] && return
    printf '%s\n' "$2" >"$folder/$1.new"
    chmod 644 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    echo "$folder/$1"
}

write postgres_password "$(random)"
write database_url \
    "postgresql://kernelweave:$(cat "$folder/postgres_password")@postgres:5432/kernelweave"
write valkey_conf "requirepass $(random)"
write redis_url "redis://:$(sed -n 's/^requirepass //p' "$folder/valkey_conf")@valkey:6379/0"
write secret_key "$(random)"
write receipt_key "$(head -c 32 /dev/urandom | base64)"
write llm_api_key "$(random)"
write flower_conf "basic_auth = [\"operator:$(random)\"]"
