# Builds the functions for one architecture. `sam build` runs this in the top folder, once for each
# function, and takes what it finds in ARTIFACTS_DIR.

# The configuration that is packed: your own, if you name it (MIRROR_TOML=… sam build).
MIRROR_TOML ?= deploy/mirror.toml

# Newer ranges of the clouds' addresses, if they lie beside it: `ranges = "ranges.bin"` of its [auto].
ranges := $(wildcard $(dir $(MIRROR_TOML))ranges.bin)

# Whose storage beside S3's the functions can use: azure, gcs, or both (PROVIDERS=azure,gcs sam build).
# What is not named is not linked.
PROVIDERS ?=
features := $(if $(PROVIDERS),--features $(PROVIDERS))

# How they are built: the profile of the top Cargo.toml, which makes them small. What only an emulator runs
# is built in less time: LAMBDA_PROFILE=emulated.
LAMBDA_PROFILE ?= function

tools := $(CURDIR)/.tools/aws/bin
output := target/lambda/$(LAMBDA_PROFILE)/$(architecture)
# --arm64 or --x86-64
flag := --$(subst _,-,$(architecture))
functions := redirect copier purge

build-RedirectFunction: function := redirect
build-CopierFunction: function := copier
build-PurgeFunction: function := purge

build-RedirectFunction build-CopierFunction build-PurgeFunction: bootstraps
	cp $(output)/$(function)/bootstrap $(ARTIFACTS_DIR)/bootstrap
	cp $(MIRROR_TOML) $(ARTIFACTS_DIR)/mirror.toml
	$(if $(ranges),cp $(ranges) $(ARTIFACTS_DIR)/ranges.bin)

# All three at once: together they cost little more than one, and the second and third call finds
# them fresh. The tools of scripts/aws-tools come first, any others that are installed after them.
bootstraps:
	PATH="$(tools):$$PATH" cargo lambda build --profile $(LAMBDA_PROFILE) --locked $(flag) --lambda-dir $(output) $(features) \
		$(foreach name,$(functions),--package cloud-mirror-$(name) --bin $(name))

.PHONY: bootstraps build-RedirectFunction build-CopierFunction build-PurgeFunction
