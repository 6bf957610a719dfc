#!/usr/bin/env bash
# Makes environments of the peers in a folder: benchmarks/peers/environment.sh build/peers [peers] [fastai] [tables] [play] [page]
#
# FOLDER/peers has all that get on with each other; FOLDER/fastai has fastai alone, since it brings torchvision, whose
# published build loads only beside the published build of its own release of torch (several GB, for GPUs too);
# FOLDER/tables has the methods of `python -m benchmarks.tables`, FOLDER/play what `python -m benchmarks.figures cartpole`
# is compared with, FOLDER/page those of `python -m benchmarks.figures page-others`. Without a name all five are made.
# PYTHON chooses the Python; TORCH_INDEX is an index of PyTorch wheels to look in besides pip's own, for example that of
# the CPU builds. torch comes first, so that nothing else brings another build of it.
set -euo pipefail
folder=${1:?the folder to make the environments in, for example build/peers}
here=$(cd "$(dirname "$0")" && pwd)
names=("${@:2}")
[ ${#names[@]} -gt 0 ] || names=(peers fastai tables play page)

for name in "${names[@]}"; do
    requirements="$here/requirements$([ "$name" = peers ] || echo "-$name").txt"
    "${PYTHON:-python3}" -m venv "$folder/$name"
    pip=("$folder/$name/bin/python" -m pip install --quiet --disable-pip-version-check)
    torch=$(grep '^torch==' "$requirements" || true)
    [ -z "$torch" ] || "${pip[@]}" ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} "$torch"
    "${pip[@]}" --requirement "$requirements"
done
