using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DelphiRunner.Runner.Configuration.Yaml;

/// <summary>Reads a YAML file into nodes that know their places.</summary>
/// <remarks>
/// Built on the parser's events: the deserializer and the representation model of YamlDotNet stop at the first doubled key, and this
/// reports every one. Anchors, aliases and tags are refused, so that what a key says stands where the key stands.
/// </remarks>
internal sealed class YamlFile(string file, ConfigurationFindings findings)
{
    private const int MaxDepth = 64;

    /// <summary>Reads the file's one document, which has to be a map.</summary>
    /// <returns>The map without its doubled and odd keys, which are reported; null when the text is no YAML map, which is reported too.</returns>
    public YamlMap? Read()
    {
        try
        {
            using var reader = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return ReadDocument(new Scanner(reader));
        }
        catch (DecoderFallbackException)
        {
            findings.Report(new ConfigurationPlace(file), "", "The file is not valid UTF-8. Save it in that encoding.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            findings.Report(new ConfigurationPlace(file), "", $"The file cannot be read: {error.Message}");
        }

        return null;
    }

    private YamlMap? ReadDocument(Scanner scanner)
    {
        try
        {
            return ReadDocument(new Parser(scanner));
        }
        catch (YamlException broken)
        {
            findings.Report(PlaceOf(broken.Start), "", $"This is no YAML: {broken.Message.TrimEnd('.')}. Correct the file's syntax here or in the lines before.");
        }
        catch (InvalidOperationException)
        {
            // What YamlDotNet 18.1 throws for some brackets that are opened and never closed.
            findings.Report(PlaceOf(scanner.CurrentPosition), "", "This is no YAML. Look for a bracket or quote that is opened and not closed in the lines before.");
        }

        return null;
    }

    private YamlMap? ReadDocument(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
            return new YamlMap(new ConfigurationPlace(file, 1, 1), []);

        var root = ReadNode(parser, "", 0);
        parser.Consume<DocumentEnd>();
        if (parser.Current is DocumentStart second)
            findings.Report(PlaceOf(second.Start), "", "A second document begins here. The file holds one: remove the line '---'.");
        if (root is YamlMap map)
            return map;
        if (root is YamlScalar { Kind: YamlScalarKind.Null })
            return new YamlMap(root.Place, []);
        findings.Report(root.Place, "", $"The file holds {root.Describe()}. It has to be a map of keys such as 'store:' and 'plugins:'.");
        return null;
    }

    private YamlNode ReadNode(Parser parser, string path, int depth)
    {
        ReportUnused(parser.Current!, path); // Null only before the first event.
        if (depth > MaxDepth)
            throw new YamlException(parser.Current!.Start, parser.Current.End, $"Nested more than {MaxDepth} levels deep");

        if (parser.TryConsume<Scalar>(out var scalar))
            return new YamlScalar(PlaceOf(scalar.Start), scalar.Value, scalar.Style);
        if (parser.TryConsume<SequenceStart>(out var list))
            return ReadList(parser, PlaceOf(list.Start), path, depth);
        if (parser.TryConsume<MappingStart>(out var map))
            return ReadMap(parser, PlaceOf(map.Start), path, depth);

        var alias = parser.Consume<AnchorAlias>();
        return new YamlScalar(PlaceOf(alias.Start), alias.Value.Value, ScalarStyle.Plain);
    }

    private YamlList ReadList(Parser parser, ConfigurationPlace place, string path, int depth)
    {
        var items = new List<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
            items.Add(ReadNode(parser, $"{path}[{items.Count}]", depth + 1));
        return new YamlList(place, items);
    }

    private YamlMap ReadMap(Parser parser, ConfigurationPlace place, string path, int depth)
    {
        var entries = new Dictionary<string, YamlEntry>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(parser, path, depth + 1);
            var name = (key as YamlScalar)?.Value ?? "";
            var keyPath = path.Length == 0 ? name : $"{path}.{name}";
            var value = ReadNode(parser, keyPath, depth + 1);

            if (key is not YamlScalar)
                findings.Report(key.Place, path, $"A key is {key.Describe()}. Keys are texts.");
            else if (!entries.TryAdd(name, new YamlEntry(key.Place, name, value)))
                findings.Report(key.Place, keyPath, $"The key stands twice; first in line {entries[name].Place.Line}. Remove one of the two.");
        }

        return new YamlMap(place, [.. entries.Values]);
    }

    private void ReportUnused(ParsingEvent value, string path)
    {
        var place = PlaceOf(value.Start);
        if (value is AnchorAlias alias)
            findings.Report(place, path, $"An alias (*{alias.Value.Value}) is not accepted here. Write the value out.");
        else if (value is NodeEvent { Anchor: { IsEmpty: false } anchor })
            findings.Report(place, path, $"An anchor (&{anchor.Value}) is not accepted here. Write each value out where it counts.");
        else if (value is NodeEvent { Tag: { IsEmpty: false } tag })
            findings.Report(place, path, $"A tag ({tag}) is not accepted here. Quote a value that is meant as text.");
    }

    private ConfigurationPlace PlaceOf(Mark mark) => new(file, mark.Line, mark.Column);
}
