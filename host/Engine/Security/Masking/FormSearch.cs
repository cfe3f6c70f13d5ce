namespace DelphiRunner.Engine.Security.Masking;

/// <summary>
/// Finds where one of many forms may begin, looking at few of a text's bytes: the algorithm of Wu and Manber (1994), with pairs of bytes.
/// </summary>
/// <remarks>
/// A window as long as the shortest form moves over the text. How far depends on the pair at its end: to where that pair stands nearest to the
/// end of the beginning of any form, or by nearly its whole length. The number of forms hardly matters, and a private key has hundreds.
/// </remarks>
internal sealed class FormSearch
{
    private const int Pairs = 256 * 256;

    private readonly byte[] _steps = new byte[Pairs];
    private readonly int _window;

    /// <param name="forms">The forms, at least one, each at least two bytes long.</param>
    public FormSearch(IReadOnlyList<byte[]> forms)
    {
        _window = Math.Min(forms.Min(form => form.Length), byte.MaxValue);
        Array.Fill(_steps, (byte)(_window - 1));
        foreach (var form in forms)
        {
            for (var end = 1; end < _window; end++)
            {
                ref var step = ref _steps[Pair(form[end - 1], form[end])];
                step = Math.Min(step, (byte)(_window - 1 - end));
            }
        }
    }

    /// <summary>Finds the next place where a form may begin; nothing before it is one.</summary>
    /// <returns>The index, or -1.</returns>
    public int NextCandidate(ReadOnlySpan<byte> text, int start)
    {
        var steps = _steps;
        for (var end = start + _window - 1; end < text.Length;)
        {
            var step = steps[Pair(text[end - 1], text[end])];
            if (step == 0)
                return end - _window + 1;
            end += step;
        }

        return -1;
    }

    private static int Pair(byte first, byte second) => first | (second << 8);
}
