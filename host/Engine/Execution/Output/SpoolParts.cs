using System.Globalization;

namespace DelphiRunner.Engine.Execution.Output;

/// <summary>
/// The files of one spool: <c>NAME</c> is the beginning of the output, <c>NAME.gap</c> says what of the middle was left out, and each
/// <c>NAME.tail-BYTE</c> goes on at that byte of the output. In the order of their names they read as one text, whenever they are looked at.
/// </summary>
internal static class SpoolParts
{
    private const string Gap = ".gap";
    private const string Tail = ".tail-";

    // Names of one length sort as their numbers.
    public static string SegmentOf(string path, long firstByte) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}{Tail}{firstByte:D16}");

    public static string NoteOf(string path) => path + Gap;

    /// <summary>Whether a file of a spools folder is a spool by itself, and not a further part of one.</summary>
    public static bool IsFirst(string file) =>
        !file.EndsWith(Gap, StringComparison.Ordinal) && !Path.GetFileName(file).Contains(Tail, StringComparison.Ordinal);

    /// <summary>The files of a spool that are there, in order; none when there is no spool.</summary>
    public static IReadOnlyList<string> Of(string path) =>
        [.. new[] { path, NoteOf(path) }.Where(File.Exists), .. SegmentsOf(path)];

    /// <summary>Opens all parts as one text. What is written meanwhile may be in it.</summary>
    /// <exception cref="IOException">A part cannot be read.</exception>
    public static Stream OpenRead(string path)
    {
        while (true)
        {
            var parts = new List<Stream>();
            try
            {
                parts.AddRange(Of(path).Select(Open));
                return new JoinedStream(parts);
            }
            catch (FileNotFoundException)
            {
                // A segment that gave way to a newer one between the two looks.
                parts.ForEach(part => part.Dispose());
            }
        }
    }

    /// <summary>Deletes every part of a spool.</summary>
    public static void Delete(string path)
    {
        File.Delete(path);
        DeleteTail(path);
    }

    /// <summary>Deletes what is behind the first part.</summary>
    public static void DeleteTail(string path)
    {
        File.Delete(NoteOf(path));
        foreach (var segment in SegmentsOf(path))
            File.Delete(segment);
    }

    private static IOrderedEnumerable<string> SegmentsOf(string path) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(path)!, $"{Path.GetFileName(path)}{Tail}*").Order(StringComparer.Ordinal);

    private static FileStream Open(string file) => new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
