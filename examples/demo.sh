#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole product on pictures that it draws itself: demo.sh DIRECTORY-OF-PROGRAMS [WORK-DIRECTORY]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(cd "$1" && pwd)
work=${2:-${TMPDIR:-/tmp}/graft-demo}
graft=$bin/graft

say() { printf '\n== %s\n' "$*"; }

mkdir -p "$work"
cp "$here"/demo/*.toml "$work"
say "drawing two image sets into $work/images"
[ -d "$work/images/target" ] || python3 "$here/demo/draw.py" "$work/images"

say "pretraining on the source task:  graft run source.toml"
"$graft" run "$work/source.toml"
trial=$("$graft" query "$work/source" --columns trial --format csv | tail -n 1)
cp "$work/source/trials/$trial/best.h5" "$work/source.h5"

say "what the study will do:  graft plan target.toml"
"$graft" plan "$work/target.toml"

say "the study:  graft run target.toml"
"$graft" run "$work/target.toml"

say "what it found (mean over seeds):  graft query target --group-by init,freeze --value test_auc"
"$graft" query "$work/target" --group-by init,freeze --value test_auc

say "the report:  graft report target"
"$graft" report "$work/target"

say "where everything lies"
cat <<TEXT
  results          $work/target/results.h5   (h5py, pandas: docs/store.md)
  best weights     $work/target/trials/*/best.h5   (Keras loads them)
  predictions      $work/target/trials/*/predictions.h5
  journal          $work/target/journal
Ask more:    $graft query $work/target --help
Look at it:  $work/target/report.html   (the report, in any browser; docs/report.md)
TEXT
