/**
 * Thin scripts: each asks `mailctl completion words` for what could stand here, one candidate a
 * line, a tab, what it means. `:files` leaves the word to the shell.
 */
const bash = String.raw`# bash completion of mailctl
_mailctl() {
  local line="\${COMP_LINE:0:COMP_POINT}" value cur
  local -a words
  # Bash splits at : and =, which are parts of words here.
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  cur="\${words[\${#words[@]}-1]}"
  COMPREPLY=()
  while IFS=$'\t' read -r value _; do
    if [[ $value == :files ]]; then
      compopt -o default
      return
    fi
    [[ $value == *: ]] && compopt -o nospace
    # Only what stands behind the last : or = is replaced.
    local kept="\${cur%"\${cur##*[:=]}"}"
    [[ $value == "$kept"* ]] && value="\${value#"$kept"}"
    COMPREPLY+=("$(printf '%q' "$value")")
  done < <(mailctl completion words -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _mailctl mailctl
`;

const zsh = String.raw`#compdef mailctl
_mailctl() {
  local line value
  local -a found open
  for line in "\${(@f)$(mailctl completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    value="\${line%%$'\t'*}"
    [[ -z $value ]] && continue
    if [[ $value == :files ]]; then
      _files
      return
    fi
    if [[ $value == *: ]]; then
      open+=("$value")
    else
      found+=("\${value//:/\:}:\${line#*$'\t'}")
    fi
  done
  (( $#found )) && _describe -t mailctl mailctl found
  (( $#open )) && compadd -S '' -a open
}
compdef _mailctl mailctl
`;

const fish = `# fish completion of mailctl
function __mailctl_words
    set -l current (commandline -ct)
    set -l found (mailctl completion words -- (commandline -opc)[2..] "$current" 2>/dev/null)
    if string match -q ':files*' -- $found
        __fish_complete_path "$current"
    else
        string join \\n -- $found
    end
end
complete -c mailctl -f -a '(__mailctl_words)'
`;

const powershell = String.raw`# PowerShell completion of mailctl
Register-ArgumentCompleter -Native -CommandName mailctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
    & mailctl completion words -- @words $wordToComplete 2>$null | ForEach-Object {
        $value, $about = $_ -split "\`t", 2
        if ($value -ne ':files') {
            $tip = if ($about) { $about } else { $value }
            $text = if ($value -match '\s') { "'$value'" } else { $value }
            [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $tip)
        }
    }
}
`;

/** By the name of the shell. */
export const completionScripts: ReadonlyMap<string, string> = new Map(
  Object.entries({ bash, zsh, fish, powershell }).map(([shell, script]) => [
    shell,
    // What TypeScript would take for its own is escaped above.
    script.replaceAll('\\${', '${').replaceAll('\\`', '`'),
  ]),
);
