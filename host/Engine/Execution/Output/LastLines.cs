namespace DelphiRunner.Engine.Execution.Output;

/// <summary>Keeps the last lines, bounded in number and in size, in a ring of characters: a line that comes and goes costs no memory of its own.</summary>
internal sealed class LastLines(int maxLines)
{
    /// <summary>The most characters that are kept, unless the last line alone has more: 4 MiB in memory.</summary>
    public const int MaxCharacters = 2 * 1024 * 1024;

    private const int FirstCapacity = 1024;

    private readonly Queue<int> _lengths = new();
    private char[] _ring = new char[FirstCapacity];
    private int _start;
    private int _count;

    public void Add(ReadOnlySpan<char> line)
    {
        while (_lengths.Count > 0 && (_lengths.Count >= maxLines || _count + line.Length > MaxCharacters))
            Drop(_lengths.Dequeue());
        if (_count + line.Length > _ring.Length)
            Grow(_count + line.Length);
        _lengths.Enqueue(line.Length);
        var (first, second) = Parts(_start + _count, line.Length);
        line[..first.Length].CopyTo(first);
        line[first.Length..].CopyTo(second);
        _count += line.Length;
    }

    public IReadOnlyList<string> ToList()
    {
        var lines = new List<string>(_lengths.Count);
        var at = _start;
        foreach (var length in _lengths)
        {
            var (first, second) = Parts(at, length);
            lines.Add(string.Concat(first, second));
            at += length;
        }

        return lines;
    }

    private void Drop(int length)
    {
        _count -= length;
        _start = (_start + length) % _ring.Length;
    }

    private void Grow(int needed)
    {
        var grown = new char[Math.Max(needed, Math.Min(2 * _ring.Length, MaxCharacters))];
        var (first, second) = Parts(_start, _count);
        first.CopyTo(grown);
        second.CopyTo(grown.AsSpan(first.Length));
        (_ring, _start) = (grown, 0);
    }

    private Parted Parts(int start, int length)
    {
        var from = start % _ring.Length;
        var untilEnd = Math.Min(length, _ring.Length - from);
        return new Parted(_ring.AsSpan(from, untilEnd), _ring.AsSpan(0, length - untilEnd));
    }

    /// <summary>A piece of the ring: up to its end, and what goes on at its beginning.</summary>
    private readonly ref struct Parted(Span<char> first, Span<char> second)
    {
        private readonly Span<char> _first = first;
        private readonly Span<char> _second = second;

        public void Deconstruct(out Span<char> first, out Span<char> second)
        {
            first = _first;
            second = _second;
        }
    }
}
