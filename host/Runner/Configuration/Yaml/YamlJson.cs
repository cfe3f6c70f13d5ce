using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DelphiRunner.Runner.Configuration.Yaml;

/// <summary>Turns free YAML into JSON text by YAML's core schema; quoted text stays text.</summary>
/// <remarks><c>{config}</c> in a text becomes the folder of the file, so that programs are named the way in which they are run.</remarks>
internal sealed class YamlJson(string folder, ConfigurationFindings findings)
{
    private const string FolderPlaceholder = "{config}";

    // The text goes to a plugin, never into a page: only what JSON itself needs is escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a map as a JSON object; what JSON cannot hold is reported.</summary>
    public string Write(YamlMap map, string path)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
            WriteNode(json, map, path);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private void WriteNode(Utf8JsonWriter json, YamlNode node, string path)
    {
        switch (node)
        {
            case YamlMap map:
                json.WriteStartObject();
                foreach (var entry in map.Entries)
                {
                    findings.Found($"{path}.{entry.Key}", entry.Value.Place);
                    json.WritePropertyName(entry.Key);
                    WriteNode(json, entry.Value, $"{path}.{entry.Key}");
                }

                json.WriteEndObject();
                break;
            case YamlList list:
                json.WriteStartArray();
                foreach (var item in list.Items)
                    WriteNode(json, item, path);
                json.WriteEndArray();
                break;
            case YamlScalar scalar:
                WriteScalar(json, scalar, path);
                break;
        }
    }

    private void WriteScalar(Utf8JsonWriter json, YamlScalar scalar, string path)
    {
        if (scalar.Kind == YamlScalarKind.Text)
        {
            json.WriteStringValue(scalar.Value.Replace(FolderPlaceholder, folder, StringComparison.Ordinal));
        }
        else if (scalar.Kind == YamlScalarKind.Boolean)
        {
            json.WriteBooleanValue(scalar.Value[0] is 't' or 'T');
        }
        else if (scalar.Kind == YamlScalarKind.Number && !YamlCoreSchema.IsNotFinite(scalar.Value))
        {
            json.WriteRawValue(YamlCoreSchema.NumberToJson(scalar.Value));
        }
        else
        {
            json.WriteNullValue();
            if (scalar.Kind == YamlScalarKind.Number)
                findings.Report(scalar.Place, path, $"The number {scalar.Value} cannot be handed to a plugin as JSON. Write a finite number, or quote it.");
        }
    }
}
