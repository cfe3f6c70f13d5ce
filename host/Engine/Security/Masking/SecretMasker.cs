using System.Buffers;
using System.Text;

namespace DelphiRunner.Engine.Security.Masking;

/// <summary>Replaces secrets, in every form of <see cref="SecretForms"/>, by <c>***</c>. Immutable; shows nothing of what it holds.</summary>
internal sealed class SecretMasker
{
    /// <summary>The shortest secret that is masked, in bytes of UTF-8 without its spaces: a shorter one would tear holes into ordinary text.</summary>
    public const int MinLength = 6;

    // So much of a secret's beginning may stand at the end of a line by chance.
    private const int MaxChance = 16;

    private readonly byte[][][] _formsByFirst = new byte[256][][];
    private readonly SearchValues<byte> _anyFirst;
    private readonly FormSearch? _search;

    public SecretMasker(IEnumerable<string> secrets)
    {
        var forms = secrets.SelectMany(SecretForms.Of).ToList();
        Longest = forms.Select(form => form.Length).DefaultIfEmpty().Max();
        HasSpaces = forms.Any(form => form.Contains((byte)' '));
        if (HasSpaces)
            forms = [.. forms.Select(form => form.Where(b => b != ' ').ToArray()).Where(form => form.Length >= MinLength)];
        forms = [.. forms.DistinctBy(Convert.ToHexString)];
        _anyFirst = SearchValues.Create([.. forms.Select(form => form[0])]);
        foreach (var group in forms.GroupBy(form => form[0]))
            _formsByFirst[group.Key] = [.. group.OrderByDescending(form => form.Length)];
        _search = forms.Count > 0 ? new FormSearch(forms) : null;
    }

    /// <summary>A masker of nothing.</summary>
    public static SecretMasker None { get; } = new([]);

    /// <summary>Gets the length of the longest form in bytes, with its spaces; 0 when there is nothing to mask.</summary>
    public int Longest { get; }

    /// <summary>Gets how many bytes at a border may be the beginning of a secret that goes on behind it.</summary>
    public int Overlap => Math.Max(0, Longest - 1);

    /// <summary>Gets whether secrets have spaces. All are then left out, of the forms and of what is searched, since a wrapped text has none where it breaks.</summary>
    public bool HasSpaces { get; }

    public static ReadOnlySpan<byte> Mark => "***"u8;

    /// <summary>Opens a window for one stream, whose chunks are masked as if they were one text.</summary>
    public MaskingWindow OpenWindow() => new(this);

    /// <summary>Masks a whole text.</summary>
    /// <returns>The same text when there is nothing to mask in it.</returns>
    public string Mask(string text)
    {
        if (Longest == 0)
            return text;
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        var masked = OpenWindow().MaskWhole(bytes);
        return masked == bytes ? text : Encoding.UTF8.GetString(masked);
    }

    /// <summary>Finds the next place where a form begins.</summary>
    /// <returns>The index, or -1, and the length of the longest form there.</returns>
    internal (int Index, int Length) Find(ReadOnlySpan<byte> text, int start)
    {
        var at = _search?.NextCandidate(text, start) ?? -1;
        while (at >= 0)
        {
            if (LengthAtStart(text[at..]) is > 0 and var length)
                return (at, length);
            at = _search!.NextCandidate(text, at + 1); // There is one, since it found something.
        }

        return (-1, 0);
    }

    /// <summary>Finds the next end of a text that is the beginning, but not the whole, of a form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">From where to look.</param>
    /// <returns>
    /// Where it begins, or -1, and how long it has to be for being no chance: half a form, in the bounds of <see cref="MinLength"/> and 16.
    /// </returns>
    internal (int Index, int NoChance) FindBeginning(ReadOnlySpan<byte> text, int start)
    {
        start = Math.Max(start, text.Length - Overlap);
        while (text[start..].IndexOfAny(_anyFirst) is >= 0 and var next)
        {
            start += next;
            var end = text[start..];
            var shortest = 0;
            foreach (var form in _formsByFirst[end[0]])
            {
                if (form.Length <= end.Length)
                    break;
                if (form.AsSpan().StartsWith(end))
                    shortest = form.Length;
            }

            if (shortest > 0)
                return (start, Math.Clamp(shortest / 2, MinLength, MaxChance));
            start++;
        }

        return (-1, 0);
    }

    private int LengthAtStart(ReadOnlySpan<byte> text)
    {
        foreach (var form in _formsByFirst[text[0]] ?? [])
        {
            if (text.StartsWith(form))
                return form.Length;
        }

        return 0;
    }
}
