using System.Text;

namespace DelphiRunner.Engine.Polling;

/// <summary>
/// Finds texts of which a regular expression needs one in whatever it matches. A search for many texts is far faster than an expression, and
/// nearly every line of output holds none of them.
/// </summary>
/// <remarks>It reads the usual part of the language. Where it meets anything else, it says that it does not know.</remarks>
internal sealed class PatternLiterals
{
    private const int Shortest = 3;

    private readonly string _pattern;
    private int _at;
    private bool _isUnknown;

    private PatternLiterals(string pattern)
    {
        _pattern = pattern;
    }

    /// <summary>The texts, of which every match holds at least one; null when that is not known.</summary>
    public static IReadOnlyList<string>? Of(string pattern)
    {
        var reader = new PatternLiterals(pattern);
        var texts = reader.ReadChoice();
        return reader._isUnknown || reader._at < pattern.Length ? null : texts;
    }

    private List<string>? ReadChoice()
    {
        var texts = ReadSequence();
        while (!_isUnknown && _at < _pattern.Length && _pattern[_at] == '|')
        {
            _at++;
            var more = ReadSequence();
            texts = texts is null || more is null ? null : [.. texts, .. more];
        }

        return texts;
    }

    private List<string>? ReadSequence()
    {
        List<string>? best = null;
        var run = new StringBuilder();
        while (!_isUnknown && _at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            if (ReadLetter() is { } letter)
            {
                run.Append(letter);
                switch (ReadRepeat())
                {
                    case Repeat.Once:
                        continue;
                    case Repeat.PerhapsNever:
                        run.Length--;
                        break;
                }

                best = Better(best, [run.ToString()]);
                run.Clear();
                continue;
            }

            best = Better(best, [run.ToString()]);
            run.Clear();
            var inner = ReadGroupOrClass();
            if (ReadRepeat() != Repeat.PerhapsNever && inner is not null)
                best = Better(best, inner);
        }

        return Better(best, [run.ToString()]);
    }

    /// <summary>Reads a character that stands for itself; null when there is none here.</summary>
    private char? ReadLetter()
    {
        var letter = _pattern[_at];
        if (letter == '\\' && _at + 1 < _pattern.Length && !char.IsAsciiLetterOrDigit(_pattern[_at + 1]))
        {
            _at += 2;
            return _pattern[_at - 1];
        }

        if (letter is '\\' or '^' or '$' or '.' or '[' or '(' or '*' or '+' or '?' or '{')
            return null;
        _at++;
        return letter;
    }

    /// <returns>The texts of a group; null for what is no group.</returns>
    private List<string>? ReadGroupOrClass()
    {
        switch (_pattern[_at])
        {
            case '^' or '$' or '.':
                _at++;
                return null;
            case '\\' when _at + 1 < _pattern.Length && "bBAzZwWdDsS".Contains(_pattern[_at + 1], StringComparison.Ordinal):
                _at += 2;
                return null;
            case '[' when ClassEnd() is > 0 and var end:
                _at = end;
                return null;
            case '(' when _at + 1 < _pattern.Length && (_pattern[_at + 1] != '?' || _pattern.AsSpan(_at).StartsWith("(?:")):
                _at += _pattern[_at + 1] == '?' ? 3 : 1;
                var texts = ReadChoice();
                _isUnknown |= _at >= _pattern.Length || _pattern[_at] != ')';
                _at++;
                return texts;
            default:
                _isUnknown = true;
                return null;
        }
    }

    // A class with another in it, which .NET can take away from it, is not known.
    private int ClassEnd()
    {
        for (var i = _pattern.AsSpan(_at).StartsWith("[^") ? _at + 3 : _at + 2; i < _pattern.Length; i++)
        {
            if (_pattern[i] == ']')
                return i + 1;
            if (_pattern[i] == '[')
                return -1;
            if (_pattern[i] == '\\')
                i++;
        }

        return -1;
    }

    private Repeat ReadRepeat()
    {
        if (_at >= _pattern.Length || _pattern[_at] is not ('*' or '+' or '?' or '{'))
            return Repeat.Once;
        var repeat = _pattern[_at] == '+' ? Repeat.OnceOrMore : Repeat.PerhapsNever;
        _isUnknown |= _pattern[_at] == '{';
        _at++;
        if (_at < _pattern.Length && _pattern[_at] == '?')
            _at++;
        return repeat;
    }

    // The longer the shortest text is, the fewer lines hold one.
    private static List<string>? Better(List<string>? texts, List<string> others)
    {
        if (others.Min(text => text.Length) is var length && length < Shortest)
            return texts;
        return texts is null || length > texts.Min(text => text.Length) ? others : texts;
    }

    private enum Repeat
    {
        Once,
        OnceOrMore,
        PerhapsNever,
    }
}
