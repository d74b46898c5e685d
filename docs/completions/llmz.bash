# SPDX-License-Identifier: Apache-2.0
# Bash completion of llmz.

_llmz_complete_models() {
  mapfile -t COMPREPLY < <(
    compgen -W "$("${COMP_WORDS[0]}" --models 2>/dev/null | sed -n 's/^\([^ ]\+\)  .*/\1/p')" -- "$1"
    compgen -f -X '!*.llmzmodel' -- "$1"
  )
}

_llmz() {
  local current=$2 previous=$3 word decompressing=
  local commands="compress decompress test info estimate compare import rank generate models train help"
  local options="-z --compress -d --decompress --uncompress -t --test -l --list --info --estimate --compare
    --rank --generate --import --models --train -h --help -V --version
    -o --output -c --stdout --to-stdout -S --suffix -r --recursive -k --keep --rm -f --force -n --no-name
    -q --quiet -v --verbose --no-progress --json
    -1 -8 -9 --fast --best -e --extreme -m --model --lanes --block-size --embed-model --frozen --no-mix --memory -D --reference --patch-from --verify --resume --salvage --range
    --against --self --as-compressed --adaptive --window --stride --positions --documents --chunk
    --protocol --limit --tasks --scores --without --no-cache --images --audio --csv --plot --html
    --prompt --length --seed --temperature --top-k --float --type --device
    --tokenizer --name --context --export -T --threads
    -M --memlimit --memory-limit --engine"
  if [[ ${COMP_WORDS[1]} =~ ^(--)?train$ ]] && ((COMP_CWORD > 1)); then
    _llmz_train "$@"
    return
  fi
  case $previous in
    --engine)
      mapfile -t COMPREPLY < <(compgen -W "auto cpu torch cuda" -- "$current")
      return
      ;;
    -m | --model)
      _llmz_complete_models "$current"
      return
      ;;
    -o | --output | --against | --plot | --html | --tokenizer)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --scores)
      mapfile -t COMPREPLY < <(
        compgen -W published -- "$current"
        compgen -f -X '!*.csv' -- "$current"
      )
      return
      ;;
    --type)
      mapfile -t COMPREPLY < <(compgen -W "float32 bfloat16 float16" -- "$current")
      return
      ;;
    --device)
      mapfile -t COMPREPLY < <(compgen -W "cpu cuda" -- "$current")
      return
      ;;
    --documents)
      mapfile -t COMPREPLY < <(compgen -W "file line blank-line nul" -- "$current")
      return
      ;;
    --protocol)
      mapfile -t COMPREPLY < <(compgen -W "text8 chunks bpc" -- "$current")
      return
      ;;
    --tasks)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --window | --stride | --limit | --prompt | --length | --seed | --temperature | --top-k) return ;;
    -T | --threads | -S | --suffix | --lanes | --block-size | --memory | -M | --memlimit | --memory-limit | --range | --chunk | --images | --without | --name | --context) return ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      decompress | test | info | --decompress | --test | --list | -[!-]*[dtl]* | -[dtl]*)
        decompressing=1
        ;;
    esac
  done
  if [[ $decompressing ]]; then
    mapfile -t COMPREPLY < <(compgen -f -X '!*.llmz' -- "$current"; compgen -d -- "$current")
  else
    mapfile -t COMPREPLY < <(
      ((COMP_CWORD > 1)) || compgen -W "$commands" -- "$current"
      compgen -f -- "$current"
    )
  fi
}

_llmz_train() {
  local current=$2 previous=$3
  case $previous in
    --from)
      _llmz_complete_models "$current"
      return
      ;;
    --config)
      mapfile -t COMPREPLY < <(compgen -W "tiny fast default best deletang-200k deletang-800k deletang-3.2m" -- "$current")
      return
      ;;
    --device)
      mapfile -t COMPREPLY < <(compgen -W "cpu cuda" -- "$current")
      return
      ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "--help --output --name --config --for --steps --tokens
      --mixture --from --tokenizer --vocabulary --layers --dim --heads --head-dim
      --hidden --window --sequence --batch --muon-rate --adam-rate --clip
      --warmup --finish --pair-rows --value-every --rounding-from --held-out --device --threads --seed
      --checkpoint --checkpoint-every --report --log --plot --write-packs --packs
      --export --quiet --verbose --json -o -T -q -v" -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -f -- "$current")
}

complete -o filenames -F _llmz llmz llmzcat unllmz
