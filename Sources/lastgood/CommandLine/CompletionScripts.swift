/// The scripts that make a shell ask ``ShellQuestion``; they know no command and no option.
extension ShellQuestion.Shell {
    var script: String {
        switch self {
        case .bash: Self.bashScript
        case .zsh: Self.zshScript
        case .fish: Self.fishScript
        }
    }

    /// See "Programmable Completion" in bash(1).
    private static let bashScript = #"""
        _lastgood() {
            local program=${COMP_WORDS[0]/#\~\//$HOME/} answer
            type -P -- "$program" > /dev/null || program=lastgood
            mapfile -t answer < <("$program" ---offer bash "${COMP_LINE:0:COMP_POINT}" "$2" 2> /dev/null)
            case ${answer[0]} in
            words) COMPREPLY=("${answer[@]:1}") ;;
            files)
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$2")
                ;;
            folders)
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -d -- "$2")
                ;;
            esac
        }
        complete -o nosort -F _lastgood lastgood

        """#

    /// See zshcompsys(1).
    private static let zshScript = #"""
        #compdef lastgood
        _lastgood() {
            local program=${~${(Q)words[1]}}
            whence -p -- "$program" > /dev/null || program=lastgood
            local -a answer offered
            answer=("${(@f)$("$program" ---offer zsh "${(@)words[2,CURRENT-1]}" "$PREFIX" 2> /dev/null)}")
            case ${answer[1]} in
            words)
                offered=("${(@)answer[2,-1]}")
                _describe -V value offered
                ;;
            files)
                compset -P '--[^=]##='
                _files
                ;;
            folders)
                compset -P '--[^=]##='
                _files -/
                ;;
            *) return 1 ;;
            esac
        }
        if [[ ${funcstack[1]} == _lastgood ]]; then _lastgood "$@"; else compdef _lastgood lastgood; fi

        """#

    /// See complete(1) and commandline(1) of fish.
    private static let fishScript = #"""
        function __lastgood_offered
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l program $words[1]
            command -sq -- $program; or set program lastgood
            set -l answer (command $program ---offer fish $words[2..] "$current" 2> /dev/null)
            set -l start (string match -r -- '^--[^=]+=' $current)
            set -l name (string replace -r -- '^--[^=]+=' '' $current)
            switch "$answer[1]"
                case words
                    string join \n -- $answer[2..]
                case files
                    printf "$start%s\n" (__fish_complete_path "$name")
                case folders
                    printf "$start%s\n" (__fish_complete_directories "$name")
            end
        end
        complete -c lastgood -f -k -a '(__lastgood_offered)'

        """#
}
