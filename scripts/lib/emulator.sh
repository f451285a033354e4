# shellcheck shell=bash
# The emulator on this machine, for whoever deploys into it: scripts/deploy-local, scripts/emulator-suites,
# tests/deploy-stories, tests/follow-documents. They source this in the top folder and say in `here`
# which folder is theirs; all that is written lies in it.

# So many free ports of this machine.
free_ports() {
    .tools/ministack/bin/python - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in sockets:
    each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in sockets))
PYTHON
}

# Nothing may reach a real account: no profile, no configuration, no credentials of the caller's.
only_the_emulator() {
    unset "${!AWS_@}" "${!SAM_@}" MIRROR_CONFIG POOL_BUCKET_PREFIX
    export AWS_ACCESS_KEY_ID=000000000000 AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1
    export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
    export AWS_ENDPOINT_URL=http://127.0.0.1:$1 NO_PROXY=127.0.0.1,localhost,.localhost no_proxy=127.0.0.1,localhost,.localhost
    export SAM_CLI_TELEMETRY=0
}

emulator_answers() { curl --silent --fail --max-time 5 --noproxy '*' --output /dev/null "http://127.0.0.1:$1/_ministack/health"; }

# Starts it on that port and waits until it answers; its process is `emulator_process`, the leader of
# a group to which the functions belong that it runs.
start_emulator() {
    local port=$1
    mkdir -p "$here/tmp"
    # Job control gives it a group of its own. Its MQTT port would be open to the network.
    set -m
    AWS_ENDPOINT_URL=http://127.0.0.1:$port BIND_HOST=127.0.0.1 GATEWAY_PORT=$port IOT_MTLS_ENABLED=0 \
        LAMBDA_EXECUTOR=local STATE_DIR=$here/state TMPDIR=$here/tmp \
        nohup .tools/ministack/bin/ministack >"$here/ministack.log" 2>&1 </dev/null &
    emulator_process=$!
    set +m
    for _ in $(seq 300); do
        emulator_answers "$port" && return
        sleep 0.1
    done
    stop_emulator "$emulator_process"
    echo "the emulator does not answer; see $here/ministack.log" >&2
    return 1
}

# Stops it and the functions that it runs. May be repeated.
stop_emulator() {
    local process=$1
    kill -- "-$process" 2>/dev/null || return 0
    for _ in $(seq 100); do
        kill -0 -- "-$process" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL -- "-$process" 2>/dev/null || true
}

# What the emulator can run: programs of this machine.
this_architecture() {
    case $(uname -m) in
        x86_64 | amd64) echo x86_64 ;;
        aarch64 | arm64) echo arm64 ;;
        *) echo "Lambda has no functions for $(uname -m)" >&2; return 1 ;;
    esac
}

# Builds the functions with that configuration into a build folder of `here`: what is built there must
# never be what `sam deploy` finds later. No settings from samconfig.toml either (there is no such
# environment), which may name a profile.
build_for_emulator() {
    MIRROR_TOML=$1 .tools/aws/bin/sam build --config-env local \
        --build-dir "$here/build" --parameter-overrides "Architecture=$(this_architecture)"
}

# Deploys what was built as that stack; further arguments are parameters.
deploy_into_emulator() {
    local stack=$1
    shift
    .tools/aws/bin/sam deploy --config-env local --template-file "$here/build/template.yaml" \
        --stack-name "$stack" --resolve-s3 --capabilities CAPABILITY_IAM --no-confirm-changeset \
        --no-progressbar --parameter-overrides "Architecture=$(this_architecture)" "$@" \
        >"$here/deploy.log" 2>&1 && return
    cat "$here/deploy.log" >&2
    echo "sam could not deploy" >&2
    return 1
}
