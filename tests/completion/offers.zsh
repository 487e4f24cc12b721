# SPDX-License-Identifier: GPL-2.0-or-later
# Types a command line into a zsh of its own, presses Tab, and prints what is offered.
# usage: zsh -f offers.zsh FOLDER WORD ...
zmodload zsh/zpty
folder=$1
shift
out=$(mktemp)

cat >$out.rc <<END
PS1= PS2=
unsetopt beep prompt_cr prompt_sp
fpath=($folder \$fpath)
autoload -U compinit
compinit -u -D
compadd() {
	local -a hits
	if [[ " \$* " == *" -[OAD] "* ]]; then
		builtin compadd "\$@"
		return
	fi
	builtin compadd -A hits "\$@"
	print -rl -- \$hits >>$out
	builtin compadd "\$@"
}
bindkey '^I' complete-word
bindkey '^U' kill-whole-line
# Before its editor is at work, the terminal itself would take ^U for "forget all of it".
zle-line-init() { print ready >$out.ready }
zle -N zle-line-init
END

zpty shell zsh -f -i
zpty -w shell "source $out.rc"
for ((i = 0; i < 100; i++)); do [[ -s $out.ready ]] && break; sleep 0.1; done
zpty -w -n shell "${(j: :)@}"$'\t'
zpty -w -n shell $'\C-u'
zpty -w shell "print done >$out.done"
for ((i = 0; i < 100; i++)); do
	zpty -r -t shell line >/dev/null
	[[ -s $out.done ]] && break
	sleep 0.1
done
sort -u $out
zpty -d shell
rm -f $out $out.*
